// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/kernels/product/finish_kernel.h"
#include "backends/cpu/kernels/winograd/transform.h"

namespace tn {

/// One dimension of F(2, 3): points 0, 1, -1, infinity.
template <typename V>
struct WinogradF2 {
  using Reg = typename V::Reg;
  static constexpr int kOutputs = 2, kPatch = 4;
  [[gnu::always_inline]] static void forward(const Reg* d, Reg* o) {
    o[0] = V::sub(d[0], d[2]);
    o[1] = V::add(d[1], d[2]);
    o[2] = V::sub(d[2], d[1]);
    o[3] = V::sub(d[1], d[3]);
  }
  [[gnu::always_inline]] static void backward(const Reg* m, Reg* o) {
    o[0] = V::add(V::add(m[0], m[1]), m[2]);
    o[1] = V::sub(V::sub(m[1], m[2]), m[3]);
  }
};

/// One dimension of F(4, 3): points 0, 1, -1, 2, -2, infinity.
template <typename V>
struct WinogradF4 {
  using Reg = typename V::Reg;
  static constexpr int kOutputs = 4, kPatch = 6;
  [[gnu::always_inline]] static void forward(const Reg* d, Reg* o) {
    const Reg four = V::set1(4), five = V::set1(5);
    const Reg a = V::fnma(four, d[2], d[4]), b = V::fnma(four, d[1], d[3]);
    const Reg c = V::sub(d[4], d[2]), e = V::mul(V::set1(2), V::sub(d[3], d[1]));
    o[0] = V::fma(four, d[0], V::fnma(five, d[2], d[4]));
    o[1] = V::add(a, b);
    o[2] = V::sub(a, b);
    o[3] = V::add(c, e);
    o[4] = V::sub(c, e);
    o[5] = V::fma(four, d[1], V::fnma(five, d[3], d[5]));
  }
  [[gnu::always_inline]] static void backward(const Reg* m, Reg* o) {
    const Reg a = V::add(m[1], m[2]), b = V::sub(m[1], m[2]), c = V::add(m[3], m[4]), d = V::sub(m[3], m[4]);
    o[0] = V::add(V::add(m[0], a), c);
    o[1] = V::fma(V::set1(2), d, b);
    o[2] = V::fma(V::set1(4), c, a);
    o[3] = V::add(V::fma(V::set1(8), d, b), m[5]);
  }
};

template <typename V, typename F>
struct WinogradTransform {
  using Reg = typename V::Reg;
  static constexpr int kPatch = F::kPatch, kOutputs = F::kOutputs;

  template <typename Element>
  static void input(const WinogradInput& t) {
    const bool whole = t.y_begin == 0 && t.x_begin == 0 && t.y_end == kPatch && t.x_end == kPatch;
    const int64_t vectors = t.channels / V::kLanes * V::kLanes;
    for (int64_t c = 0; c < vectors; c += V::kLanes) {
      whole ? patch<Element, true, true>(t, c) : patch<Element, true, false>(t, c);
    }
    if (vectors < t.channels) patch<Element, false, false>(t, vectors);
  }

  static void output(const WinogradOutput& t) {
    const int64_t vectors = t.channels / V::kLanes * V::kLanes;
    for (int64_t c = 0; c < vectors; c += V::kLanes) pixels<true>(t, c);
    if (vectors < t.channels) pixels<false>(t, vectors);
  }

 private:
  template <typename Element, bool kFull, bool kWhole>
  [[gnu::always_inline]] static void patch(const WinogradInput& t, int64_t c) {
    Reg half[kPatch][kPatch];
#pragma GCC unroll 6
    for (int x = 0; x < kPatch; ++x) {
      Reg in[kPatch], out[kPatch];
#pragma GCC unroll 6
      for (int y = 0; y < kPatch; ++y) {
        const auto* p = reinterpret_cast<const Element*>(t.input + y * t.row_step + x * t.pixel_step) + c;
        const bool inside = kWhole || (y >= t.y_begin && y < t.y_end && x >= t.x_begin && x < t.x_end);
        in[y] = !inside ? V::zero() : kFull ? V::load(p) : V::load(p, t.channels - c);
      }
      F::forward(in, out);
#pragma GCC unroll 6
      for (int y = 0; y < kPatch; ++y) half[y][x] = out[y];
    }
    auto* out = reinterpret_cast<Element*>(t.out) + c;
#pragma GCC unroll 6
    for (int y = 0; y < kPatch; ++y) {
      Reg row[kPatch];
      F::forward(half[y], row);
#pragma GCC unroll 6
      for (int x = 0; x < kPatch; ++x) V::store(out + (y * kPatch + x) * t.plane, row[x]);
    }
  }

  template <bool kFull>
  [[gnu::always_inline]] static Reg load(const float* p, int64_t n) {
    return kFull ? V::load(p) : V::load(p, n);
  }

  template <bool kFull>
  [[gnu::always_inline]] static void pixels(const WinogradOutput& t, int64_t c) {
    const int64_t n = t.channels - c;
    Reg half[kOutputs][kPatch];
#pragma GCC unroll 6
    for (int x = 0; x < kPatch; ++x) {
      Reg in[kPatch], out[kOutputs];
#pragma GCC unroll 6
      for (int y = 0; y < kPatch; ++y) in[y] = V::load(t.sums + (y * kPatch + x) * t.plane + c);
      F::backward(in, out);
#pragma GCC unroll 4
      for (int y = 0; y < kOutputs; ++y) half[y][x] = out[y];
    }
    const Reg bias = t.bias ? load<kFull>(t.bias + c, n) : V::zero();
#pragma GCC unroll 4
    for (int y = 0; y < kOutputs; ++y) {
      if (y >= t.rows) return;
      Reg row[kOutputs];
      F::backward(half[y], row);
#pragma GCC unroll 4
      for (int x = 0; x < kOutputs; ++x) {
        if (x >= t.columns) break;
        Reg value = V::add(row[x], bias), residual = V::zero();
        if (t.residual) residual = load<kFull>(t.residual + y * t.residual_row + x * t.residual_pixel + c, n);
        if (t.residual && !t.residual_last) value = V::add(value, residual);
        value = simd::clip<V>(value, t.low, t.high);
        if (t.residual && t.residual_last) value = V::add(value, residual);
        float* out = t.out + y * t.out_row + x * t.out_pixel + c;
        if (kFull) {
          V::store(out, value);
        } else {
          V::store(out, value, n);
        }
      }
    }
  }
};

template <typename V>
constexpr WinogradKernels make_winograd_kernels() {
  using F2 = WinogradTransform<V, WinogradF2<V>>;
  using F4 = WinogradTransform<V, WinogradF4<V>>;
  return {{F2::template input<float>, F2::template input<Half>, F2::output},
          {F4::template input<float>, F4::template input<Half>, F4::output},
          Finish<V>::run};
}

}  // namespace tn
