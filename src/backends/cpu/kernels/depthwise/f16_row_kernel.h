// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/kernels/depthwise/f16_row.h"
#include "backends/cpu/kernels/product/f16_finish_kernel.h"

namespace tn {

template <typename V>
struct F16RowEnd {
  using Pairs = typename V::Pairs;
  Pairs bias, low, high;

  explicit F16RowEnd(const F16RowArgs& a)
      : bias(a.bias ? V::narrow_halves(a.bias, a.channels) : V::zero_pairs()),
        low(V::set1_halves(a.low)),
        high(V::set1_halves(a.high)) {}
  [[gnu::always_inline]] void store(const F16RowArgs& a, int64_t pixel, Pairs sum) const {
    V::store_halves(a.out + pixel * a.out_stride, V::min_halves(high, V::max_halves(low, sum)), a.channels);
  }
};

/// kWidth taps in width, kStride, computing kPixels outputs at once: every input loaded serves up to kWidth of them.
template <typename V, int kWidth, int kStride>
struct F16DepthwiseRow {
  using Pairs = typename V::Pairs;
  static constexpr int kPixels = 7;
  static constexpr int kColumns = (kPixels - 1) * kStride + kWidth;

  static void run(const F16RowArgs& args) {
    const F16RowArgs a = args;  // a copy, which stores to the output cannot change
    const F16RowEnd<V> end(a);
    for (int64_t x = 0; x < a.pixels; x += kPixels) {
      const int64_t column = a.left + x * kStride;
      if (x + kPixels <= a.pixels && column >= 0 && column + kColumns <= a.width) {
        block<true>(a, end, x, kPixels);
      } else {
        block<false>(a, end, x, a.pixels - x);
      }
    }
  }

 private:
  /// kInside: all columns lie in the image, and all pixels are wanted.
  template <bool kInside>
  [[gnu::always_inline]] static void block(const F16RowArgs& a, const F16RowEnd<V>& end, int64_t x, int64_t pixels) {
    Pairs sums[kPixels];
#pragma GCC unroll 8
    for (int i = 0; i < kPixels; ++i) sums[i] = end.bias;
    const Half* weights = a.weights;
    const int64_t column = a.left + x * kStride;
    for (int64_t y = 0; y < a.taps; ++y, weights += kWidth * 2 * V::kLanes) {
      const Half* input = a.rows[y] + column * a.pixel_step;
      Pairs in[kColumns];
#pragma GCC unroll 32
      for (int i = 0; i < kColumns; ++i) {
        const bool inside = kInside || static_cast<uint64_t>(column + i) < static_cast<uint64_t>(a.width);
        in[i] = inside ? V::load_halves(input + i * a.pixel_step, a.channels) : V::zero_pairs();
      }
#pragma GCC unroll 8
      for (int k = 0; k < kWidth; ++k) {
        const Pairs w = V::load_pairs(weights + k * 2 * V::kLanes);
#pragma GCC unroll 8
        for (int i = 0; i < kPixels; ++i) sums[i] = V::fma_pairs(in[i * kStride + k], w, sums[i]);
      }
    }
#pragma GCC unroll 8
    for (int i = 0; i < kPixels; ++i) {
      if (!kInside && i >= pixels) return;
      end.store(a, x + i, sums[i]);
    }
  }
};

/// Every width, stride and dilation; one output at a time.
template <typename V>
void f16_depthwise_any_row(const F16RowArgs& args) {
  const F16RowArgs a = args;
  const F16RowEnd<V> end(a);
  for (int64_t x = 0; x < a.pixels; ++x) {
    auto sum = end.bias;
    for (int64_t k = 0; k < a.kernel; ++k) {
      const int64_t column = a.left + x * a.stride + k * a.dilation;
      if (column < 0 || column >= a.width) continue;
      for (int64_t y = 0; y < a.taps; ++y) {
        sum = V::fma_pairs(V::load_halves(a.rows[y] + column * a.pixel_step, a.channels),
                           V::load_pairs(a.weights + (y * a.kernel + k) * 2 * V::kLanes), sum);
      }
    }
    end.store(a, x, sum);
  }
}

template <typename V>
constexpr F16DepthwiseKernels make_f16_depthwise_kernels() {
  return {2 * V::kLanes,
          {F16DepthwiseRow<V, 3, 1>::run, F16DepthwiseRow<V, 3, 2>::run, F16DepthwiseRow<V, 5, 1>::run,
           F16DepthwiseRow<V, 5, 2>::run, f16_depthwise_any_row<V>},
          F16Finish<V>::run};
}

}  // namespace tn
