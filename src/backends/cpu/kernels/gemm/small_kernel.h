// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/kernels/gemm/small.h"
#include "base/half.h"

namespace tn {

template <typename V, typename Element, int kRows>
struct SmallProduct {
  using Reg = typename V::Reg;
  static constexpr int kStrip = 4;  ///< vectors of columns, or columns of a transposed B, at a time

  static void plain(const SmallArgs& s) {
    int64_t j = 0;
    for (; j + kStrip * V::kLanes <= s.columns; j += kStrip * V::kLanes) strip<kStrip, true>(s, j, V::kLanes);
    for (; j + V::kLanes <= s.columns; j += V::kLanes) strip<1, true>(s, j, V::kLanes);
    if (j < s.columns) strip<1, false>(s, j, s.columns - j);
  }

  static void transposed(const SmallArgs& s) {
    int64_t j = 0;
    for (; j + kStrip <= s.columns; j += kStrip) dots<kStrip>(s, j);
    for (; j < s.columns; ++j) dots<1>(s, j);
  }

 private:
  template <int kVectors, bool kFull>
  [[gnu::always_inline]] static void strip(const SmallArgs& s, int64_t j, int64_t n) {
    const auto* a = static_cast<const Element*>(s.a);
    const auto* b = static_cast<const Element*>(s.b) + j;
    Reg sums[kRows][kVectors];
#pragma GCC unroll 2
    for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) sums[i][v] = V::zero();
    for (int64_t k = 0; k < s.k; ++k, b += s.b_row) {
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) {
        const Reg row = kFull ? V::load(b + v * V::kLanes) : V::load(b + v * V::kLanes, n);
#pragma GCC unroll 2
        for (int i = 0; i < kRows; ++i) sums[i][v] = V::fma(V::set1(scalar(a + i * s.a_row + k)), row, sums[i][v]);
      }
    }
#pragma GCC unroll 2
    for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) {
        float* out = s.out + i * s.out_row + j + v * V::kLanes;
        if (kFull) {
          V::store(out, sums[i][v]);
        } else {
          V::store(out, sums[i][v], n);
        }
      }
  }

  template <int kColumns>
  [[gnu::always_inline]] static void dots(const SmallArgs& s, int64_t j) {
    const auto* a = static_cast<const Element*>(s.a);
    const auto* b = static_cast<const Element*>(s.b) + j * s.b_row;
    Reg sums[kRows][kColumns];
#pragma GCC unroll 2
    for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 4
      for (int c = 0; c < kColumns; ++c) sums[i][c] = V::zero();
    for (int64_t k = 0; k < s.k; k += V::kLanes) {
      const int64_t left = s.k - k;
      Reg in[kRows];
#pragma GCC unroll 2
      for (int i = 0; i < kRows; ++i) in[i] = load(a + i * s.a_row + k, left);
#pragma GCC unroll 4
      for (int c = 0; c < kColumns; ++c) {
        const Reg row = load(b + c * s.b_row + k, left);
#pragma GCC unroll 2
        for (int i = 0; i < kRows; ++i) sums[i][c] = V::fma(in[i], row, sums[i][c]);
      }
    }
#pragma GCC unroll 2
    for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 4
      for (int c = 0; c < kColumns; ++c) s.out[i * s.out_row + j + c] = V::reduce_add(sums[i][c]);
  }

  [[gnu::always_inline]] static Reg load(const Element* p, int64_t left) {
    return left >= V::kLanes ? V::load(p) : V::load(p, left);
  }
  [[gnu::always_inline]] static float scalar(const float* p) {
    return *p;
  }
  [[gnu::always_inline]] static float scalar(const Half* p) {
    float lanes[V::kLanes];
    V::store(lanes, V::load(p, 1));
    return lanes[0];
  }
};

template <typename V>
constexpr SmallKernels make_small_kernels() {
  using F1 = SmallProduct<V, float, 1>;
  using F2 = SmallProduct<V, float, 2>;
  using H1 = SmallProduct<V, Half, 1>;
  using H2 = SmallProduct<V, Half, 2>;
  SmallKernels kernels{V::kLanes, {}};
  kernels.products[0][0] = {F1::plain, F2::plain};
  kernels.products[0][1] = {F1::transposed, F2::transposed};
  kernels.products[1][0] = {H1::plain, H2::plain};
  kernels.products[1][1] = {H1::transposed, H2::transposed};
  return kernels;
}

}  // namespace tn
