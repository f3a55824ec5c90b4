// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/kernels/depthwise/row.h"
#include "backends/cpu/kernels/int8/requantize_kernel.h"
#include "backends/cpu/kernels/product/finish_kernel.h"

namespace tn {

/// The first lanes of a vector, or all; of bytes their distance from the zero point.
template <typename V, bool kFull, typename T>
[[gnu::always_inline]] inline typename V::Reg load_lanes(const T* p, int64_t n, float zero_point = 0) {
  if constexpr (sizeof(T) == 1) {
    constexpr bool kSigned = T(-1) < 0;
    const char* bytes = reinterpret_cast<const char*>(p);
    const auto x = kFull ? V::template load_bytes<kSigned>(bytes) : V::template load_bytes<kSigned>(bytes, n);
    return V::sub(x, V::set1(zero_point));
  } else {
    return kFull ? V::load(p) : V::load(p, n);
  }
}
template <typename V, bool kFull, typename T>
[[gnu::always_inline]] inline void store_lanes(T* p, typename V::Reg x, int64_t n) {
  kFull ? V::store(p, x) : V::store(p, x, n);
}

/// kWidth taps in width, kStride, computing kPixels outputs at once: every input loaded serves up to kWidth of them.
/// All channels of some pixels before the next pixels: memory is read in its order.
template <typename V, typename Element, typename Out, int kWidth, int kStride>
struct DepthwiseRow {
  using Reg = typename V::Reg;
  static constexpr int kPixels = V::kRegisters == 32 ? 7 : kWidth + kStride > 6 ? 3 : 4;
  static constexpr int kColumns = (kPixels - 1) * kStride + kWidth;

  static void run(const DepthwiseArgs& args) {
    const DepthwiseArgs a = args;  // a copy, which stores to the output cannot change
    const int64_t whole = a.channels - a.channels % V::kLanes;
    for (int64_t x = 0; x < a.pixels; x += kPixels) {
      const int64_t column = a.left + x * kStride;
      if (x + kPixels <= a.pixels && column >= 0 && column + kColumns <= a.width) {
        for (int64_t c = 0; c < whole; c += V::kLanes) block<true, true>(a, x, c);
      } else {
        for (int64_t c = 0; c < whole; c += V::kLanes) block<false, true>(a, x, c);
      }
      if (whole < a.channels) block<false, false>(a, x, whole);
    }
  }

 private:
  /// kInside: all columns lie in the image, and all pixels are wanted. kFull: all lanes are channels.
  template <bool kInside, bool kFull>
  [[gnu::always_inline]] static void block(const DepthwiseArgs& a, int64_t x, int64_t c) {
    const int64_t n = a.channels - c, column = a.left + x * kStride;
    Reg sums[kPixels];
    const Reg bias = a.bias ? load_lanes<V, kFull>(a.bias + c, n) : V::zero();
#pragma GCC unroll 8
    for (int i = 0; i < kPixels; ++i) sums[i] = bias;
    const float* weights = a.weights + c / V::kLanes * a.weights_step;
    const char* input = a.input + column * a.pixel_step + c * static_cast<int64_t>(sizeof(Element));
    for (int64_t y = 0; y < a.taps; ++y, input += a.row_step, weights += kWidth * V::kLanes) {
      Reg in[kColumns];
#pragma GCC unroll 32
      for (int i = 0; i < kColumns; ++i) {
        const bool inside = kInside || static_cast<uint64_t>(column + i) < static_cast<uint64_t>(a.width);
        const auto* at = reinterpret_cast<const Element*>(input + i * a.pixel_step);
        in[i] = inside ? load_lanes<V, kFull>(at, n, a.zero_point) : V::zero();
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
      if (!kInside && x + i >= a.pixels) return;
      store_lanes<V, kFull>(static_cast<Out*>(a.out) + (x + i) * a.out_stride + c,
                            simd::clip<V>(sums[i], a.low, a.high), n);
    }
  }
};

/// Every width, stride and dilation; one output at a time.
template <typename V, typename Element, typename Out>
struct DepthwiseAnyRow {
  static void run(const DepthwiseArgs& args) {
    const DepthwiseArgs a = args;
    for (int64_t x = 0; x < a.pixels; ++x) {
      for (int64_t c = 0; c < a.channels; c += V::kLanes)
        a.channels - c >= V::kLanes ? pixel<true>(a, x, c) : pixel<false>(a, x, c);
    }
  }

 private:
  template <bool kFull>
  [[gnu::always_inline]] static void pixel(const DepthwiseArgs& a, int64_t x, int64_t c) {
    const int64_t n = a.channels - c;
    auto sum = a.bias ? load_lanes<V, kFull>(a.bias + c, n) : V::zero();
    const float* weights = a.weights + c / V::kLanes * a.weights_step;
    for (int64_t k = 0; k < a.kernel; ++k) {
      const int64_t column = a.left + x * a.stride + k * a.dilation;
      if (column < 0 || column >= a.width) continue;
      const char* input = a.input + column * a.pixel_step + c * static_cast<int64_t>(sizeof(Element));
      for (int64_t y = 0; y < a.taps; ++y) {
        const auto* at = reinterpret_cast<const Element*>(input + y * a.row_step);
        sum = V::fma(load_lanes<V, kFull>(at, n, a.zero_point), V::load(weights + (y * a.kernel + k) * V::kLanes), sum);
      }
    }
    store_lanes<V, kFull>(static_cast<Out*>(a.out) + x * a.out_stride + c, simd::clip<V>(sum, a.low, a.high), n);
  }
};

template <typename V, typename Element, typename Out>
constexpr std::array<DepthwiseFunction, 5> depthwise_rows() {
  return {DepthwiseRow<V, Element, Out, 3, 1>::run, DepthwiseRow<V, Element, Out, 3, 2>::run,
          DepthwiseRow<V, Element, Out, 5, 1>::run, DepthwiseRow<V, Element, Out, 5, 2>::run,
          DepthwiseAnyRow<V, Element, Out>::run};
}

/// V for floats, B for bytes. Sums of bytes are exact as floats: that takes as few instructions as integers, which
/// would have to be widened and paired.
template <typename V, typename B>
constexpr DepthwiseKernels make_depthwise_kernels() {
  constexpr auto kFloat = depthwise_rows<V, float, float>();
  return {V::kLanes,
          {kFloat, depthwise_rows<V, Half, float>(), depthwise_rows<V, BFloat16, float>(),
           depthwise_rows<B, uint8_t, float>(), depthwise_rows<B, int8_t, float>()},
          {kFloat, depthwise_rows<V, Half, Half>(), depthwise_rows<V, BFloat16, BFloat16>()},
          Finish<V>::run,
          &kRequantize<B>};
}

}  // namespace tn
