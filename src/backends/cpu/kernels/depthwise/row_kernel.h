// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/kernels/depthwise/row.h"
#include "backends/cpu/kernels/product/finish_kernel.h"

namespace tn {

/// kWidth taps in width, kStride, computing kPixels outputs at once: every input loaded serves up to kWidth of them.
template <typename V, typename Element, int kWidth, int kStride>
struct DepthwiseRow {
  using Reg = typename V::Reg;
  static constexpr int kPixels = V::kRegisters == 32 ? 7 : kWidth + kStride > 6 ? 3 : 4;
  static constexpr int kColumns = (kPixels - 1) * kStride + kWidth;

  static void run(const DepthwiseArgs& args) {
    const DepthwiseArgs a = args;  // a copy, which stores to the output cannot change
    if (a.channels == V::kLanes) {
      row<true>(a);
    } else {
      row<false>(a);
    }
  }

 private:
  template <bool kFull>
  [[gnu::always_inline]] static Reg load(const char* p, int64_t n) {
    const auto* element = reinterpret_cast<const Element*>(p);
    return kFull ? V::load(element) : V::load(element, n);
  }

  template <bool kFull>
  [[gnu::always_inline]] static void row(const DepthwiseArgs& a) {
    for (int64_t x = 0; x < a.out_width; x += kPixels) {
      const int64_t column = x * kStride - a.pad;
      if (column >= 0 && column + kColumns <= a.in_width && x + kPixels <= a.out_width) {
        pixels<kFull, false>(a, x, column);
      } else {
        pixels<kFull, true>(a, x, column);
      }
    }
  }

  /// kGuarded: columns outside the image read as zero, and outputs past the row's end are not stored.
  template <bool kFull, bool kGuarded>
  [[gnu::always_inline]] static void pixels(const DepthwiseArgs& a, int64_t x, int64_t column) {
    Reg sums[kPixels];
    const Reg bias = a.bias ? (kFull ? V::load(a.bias) : V::load(a.bias, a.channels)) : V::zero();
#pragma GCC unroll 8
    for (int i = 0; i < kPixels; ++i) sums[i] = bias;
    const float* weights = a.weights;
    const char* input = a.input + column * a.pixel_step;
    for (int64_t y = 0; y < a.rows; ++y, input += a.row_step, weights += kWidth * V::kLanes) {
      Reg in[kColumns];
#pragma GCC unroll 32
      for (int i = 0; i < kColumns; ++i) {
        const bool inside = !kGuarded || (column + i >= 0 && column + i < a.in_width);
        in[i] = inside ? load<kFull>(input + i * a.pixel_step, a.channels) : V::zero();
      }
#pragma GCC unroll 8
      for (int k = 0; k < kWidth; ++k) {
        const Reg w = V::load(weights + k * V::kLanes);
#pragma GCC unroll 8
        for (int i = 0; i < kPixels; ++i) sums[i] = V::fma(in[i * kStride + k], w, sums[i]);
      }
    }
#pragma GCC unroll 8
    for (int i = 0; i < kPixels; ++i) {
      if (kGuarded && x + i >= a.out_width) return;
      const Reg value = simd::clip<V>(sums[i], a.low, a.high);
      float* out = a.out + (x + i) * a.out_stride;
      if (kFull) {
        V::store(out, value);
      } else {
        V::store(out, value, a.channels);
      }
    }
  }
};

/// Every width, stride and dilation; one output at a time.
template <typename V, typename Element>
struct DepthwiseAnyRow {
  static void run(const DepthwiseArgs& a) {
    const auto bias = a.bias ? V::load(a.bias, a.channels) : V::zero();
    for (int64_t x = 0; x < a.out_width; ++x) {
      auto sum = bias;
      for (int64_t y = 0; y < a.rows; ++y) {
        for (int64_t k = 0; k < a.kernel; ++k) {
          const int64_t column = x * a.stride - a.pad + k * a.dilation;
          if (column < 0 || column >= a.in_width) continue;
          const char* in = a.input + y * a.row_step + column * a.pixel_step;
          sum = V::fma(V::load(reinterpret_cast<const Element*>(in), a.channels),
                       V::load(a.weights + (y * a.kernel + k) * V::kLanes), sum);
        }
      }
      V::store(a.out + x * a.out_stride, simd::clip<V>(sum, a.low, a.high), a.channels);
    }
  }
};

template <typename V, typename Element>
constexpr std::array<DepthwiseFunction, 5> depthwise_rows() {
  return {DepthwiseRow<V, Element, 3, 1>::run, DepthwiseRow<V, Element, 3, 2>::run, DepthwiseRow<V, Element, 5, 1>::run,
          DepthwiseRow<V, Element, 5, 2>::run, DepthwiseAnyRow<V, Element>::run};
}

template <typename V>
constexpr DepthwiseKernels make_depthwise_kernels() {
  return {V::kLanes,
          {depthwise_rows<V, float>(), depthwise_rows<V, Half>(), depthwise_rows<V, BFloat16>()},
          Finish<V>::run};
}

}  // namespace tn
