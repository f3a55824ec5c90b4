// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>
#include <type_traits>

#include "backends/cpu/kernels/depthwise/row.h"
#include "backends/cpu/kernels/product/finish_kernel.h"

namespace tn {

/// kWidth taps in width, kStride, computing kPixels outputs at once: every input loaded serves up to kWidth of them.
template <typename V, typename Element, typename Out, int kWidth, int kStride>
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
  [[gnu::always_inline]] static void row(const DepthwiseArgs& a) {
    int64_t x = 0;
    for (; x + kPixels <= a.pixels; x += kPixels) block<kFull>(a, x, kPixels);
    if (x < a.pixels) block<kFull>(a, x, a.pixels - x);
  }

  template <bool kFull>
  [[gnu::always_inline]] static void block(const DepthwiseArgs& a, int64_t x, int64_t pixels) {
    Reg sums[kPixels];
    const Reg bias = a.bias ? (kFull ? V::load(a.bias) : V::load(a.bias, a.channels)) : V::zero();
#pragma GCC unroll 8
    for (int i = 0; i < kPixels; ++i) sums[i] = bias;
    const float* weights = a.weights;
    for (int64_t y = 0; y < a.taps; ++y, weights += kWidth * V::kLanes) {
      const char* input = a.rows[y] + x * kStride * a.pixel_step;
      Reg in[kColumns];
#pragma GCC unroll 32
      for (int i = 0; i < kColumns; ++i) in[i] = V::load(reinterpret_cast<const Element*>(input + i * a.pixel_step));
#pragma GCC unroll 8
      for (int k = 0; k < kWidth; ++k) {
        const Reg w = V::load(weights + k * V::kLanes);
#pragma GCC unroll 8
        for (int i = 0; i < kPixels; ++i) sums[i] = V::fma(in[i * kStride + k], w, sums[i]);
      }
    }
#pragma GCC unroll 8
    for (int i = 0; i < kPixels; ++i) {
      if (i >= pixels) return;
      const Reg value = simd::clip<V>(sums[i], a.low, a.high);
      Out* out = static_cast<Out*>(a.out) + (x + i) * a.out_stride;
      if (kFull) {
        V::store(out, value);
      } else {
        V::store(out, value, a.channels);
      }
    }
  }
};

/// Every width, stride and dilation; one output at a time.
template <typename V, typename Element, typename Out>
struct DepthwiseAnyRow {
  static void run(const DepthwiseArgs& a) {
    const auto bias = a.bias ? V::load(a.bias, a.channels) : V::zero();
    for (int64_t x = 0; x < a.pixels; ++x) {
      auto sum = bias;
      for (int64_t y = 0; y < a.taps; ++y) {
        for (int64_t k = 0; k < a.kernel; ++k) {
          const char* in = a.rows[y] + (x * a.stride + k * a.dilation) * a.pixel_step;
          sum = V::fma(V::load(reinterpret_cast<const Element*>(in)),
                       V::load(a.weights + (y * a.kernel + k) * V::kLanes), sum);
        }
      }
      V::store(static_cast<Out*>(a.out) + x * a.out_stride, simd::clip<V>(sum, a.low, a.high), a.channels);
    }
  }
};

template <typename V>
void copy_depthwise_pixels(const DepthwiseCopy& given) {
  const DepthwiseCopy c = given;
  constexpr int64_t kBytes = V::kLanes * 4;
  const auto copy = [&c](auto bytes) __attribute__((always_inline)) {
    for (int64_t i = 0; i < c.pixels; ++i) {
      const char* from = c.in + i * c.in_step;
      char* to = c.out + i * c.out_step;
      for (int64_t at = 0; at + kBytes <= bytes; at += kBytes)
        V::store(reinterpret_cast<float*>(to + at), V::load(reinterpret_cast<const float*>(from + at)));
      if (const int64_t rest = bytes % kBytes; rest > 0)
        std::memcpy(to + bytes - rest, from + bytes - rest, static_cast<size_t>(rest));
    }
  };
  if (c.bytes == kBytes) return copy(std::integral_constant<int64_t, kBytes>());
  if (c.bytes == 2 * kBytes) return copy(std::integral_constant<int64_t, 2 * kBytes>());
  copy(c.bytes);
}

template <typename V, typename Element, typename Out>
constexpr std::array<DepthwiseFunction, 5> depthwise_rows() {
  return {DepthwiseRow<V, Element, Out, 3, 1>::run, DepthwiseRow<V, Element, Out, 3, 2>::run,
          DepthwiseRow<V, Element, Out, 5, 1>::run, DepthwiseRow<V, Element, Out, 5, 2>::run,
          DepthwiseAnyRow<V, Element, Out>::run};
}

template <typename V>
constexpr DepthwiseKernels make_depthwise_kernels() {
  constexpr auto kFloat = depthwise_rows<V, float, float>();
  return {V::kLanes,
          {kFloat, depthwise_rows<V, Half, float>(), depthwise_rows<V, BFloat16, float>()},
          {kFloat, depthwise_rows<V, Half, Half>(), depthwise_rows<V, BFloat16, BFloat16>()},
          copy_depthwise_pixels<V>,
          Finish<V>::run};
}

}  // namespace tn
