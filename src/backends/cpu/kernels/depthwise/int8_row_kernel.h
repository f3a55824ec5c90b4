// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/kernels/depthwise/int8_row.h"
#include "backends/cpu/kernels/int8/requantize_kernel.h"

namespace tn {

/// The bytes of up to four image rows are interleaved column by column; each column serves all the pixels of a step
/// that its taps reach. kWidth 0: any window, one pixel a step.
template <typename V, bool kSigned, int kWidth, int kStride>
struct Int8DepthwiseRow {
  using Sums = typename V::Sums;
  static constexpr int kPixels = kWidth == 0 ? 1 : V::kRegisters == 32 ? 4 : 2;
  static constexpr int kTapBytes = 4 * V::kBytes;

  static void run(const Int8DepthwiseArgs& args) {
    const Int8DepthwiseArgs a = args;  // a copy, which stores cannot change
    int64_t x = 0;
    for (; x + kPixels <= a.pixels; x += kPixels) pixels<kPixels>(a, x);
    for (; x < a.pixels; ++x) pixels<1>(a, x);
  }

 private:
  template <int kCount>
  [[gnu::always_inline]] static void pixels(const Int8DepthwiseArgs& a, int64_t x) {
    Sums sums[kCount][4];
#pragma GCC unroll 4
    for (int p = 0; p < kCount; ++p)
#pragma GCC unroll 4
      for (int v = 0; v < 4; ++v) sums[p][v] = V::zero_sums();
    if constexpr (kWidth == 0) {
      for (int64_t k = 0; k < a.kernel; ++k)
        add(sums[0], column(a, a.left + x * a.stride + k * a.dilation), a.weights + k * kTapBytes);
    } else {
#pragma GCC unroll 16
      for (int c = 0; c < (kCount - 1) * kStride + kWidth; ++c) {
        const auto in = column(a, a.left + x * kStride + c);
#pragma GCC unroll 4
        for (int p = 0; p < kCount; ++p) {
          const int k = c - p * kStride;
          if (k >= 0 && k < kWidth) add(sums[p], in, a.weights + k * kTapBytes);
        }
      }
    }
    if (a.terms == nullptr) {
#pragma GCC unroll 4
      for (int p = 0; p < kCount; ++p) V::store_in_order(a.sums + (x + p) * V::kBytes, sums[p]);
      return;
    }
#pragma GCC unroll 4
    for (int p = 0; p < kCount; ++p) requantize(a, sums[p], a.out + (x + p) * a.out_stride);
  }

  [[gnu::always_inline]] static void requantize(const Int8DepthwiseArgs& a, const Sums (&sums)[4], char* out) {
    const Int8DepthwiseTerms& terms = *a.terms;
    typename V::Reg t[4];
#pragma GCC unroll 4
    for (int v = 0; v < 4; ++v) {
      const int at = v * V::kLanes;
      t[v] = V::fma(V::to_floats(V::sub_sums(sums[v], V::load_sums(terms.correction + at))), V::load(terms.scale + at),
                    V::load(terms.offset + at));
    }
    const typename V::ByteStep step(terms.zero_point, terms.low, terms.high);
    step.store_interleaved(out, t, a.channels);
  }

  [[gnu::always_inline]] static void add(Sums (&sums)[4], const typename V::Interleaved& in, const char* weights) {
#pragma GCC unroll 4
    for (int v = 0; v < 4; ++v) sums[v] = V::dot_each(sums[v], in, v, V::load_weights(weights + v * V::kBytes));
  }

  [[gnu::always_inline]] static typename V::Interleaved column(const Int8DepthwiseArgs& a, int64_t at) {
    if (static_cast<uint64_t>(at) >= static_cast<uint64_t>(a.width)) {
      const auto zero = V::set1_bytes(a.zero_point);
      return V::template interleave<kSigned>(zero, zero, zero, zero);
    }
    const auto row = [&](int i) __attribute__((always_inline)) {
      return V::load_raw(a.rows[i] + at * a.steps[i], a.channels);
    };
    return V::template interleave<kSigned>(row(0), row(1), row(2), row(3));
  }
};

/// `finish` is that of the floats of this width.
template <typename V>
constexpr Int8DepthwiseKernels make_int8_depthwise_kernels(FinishFunction finish) {
  return {V::kBytes,
          V::kSignedOffset,
          {{Int8DepthwiseRow<V, false, 3, 1>::run, Int8DepthwiseRow<V, false, 3, 2>::run,
            Int8DepthwiseRow<V, false, 0, 1>::run},
           {Int8DepthwiseRow<V, true, 3, 1>::run, Int8DepthwiseRow<V, true, 3, 2>::run,
            Int8DepthwiseRow<V, true, 0, 1>::run}},
          finish,
          &kRequantize<V>};
}

}  // namespace tn
