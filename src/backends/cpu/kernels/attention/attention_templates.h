// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <math.h>

#include "backends/cpu/kernels/attention/attention_kernels.h"
#include "backends/cpu/kernels/rows/sweep.h"
#include "backends/cpu/kernels/simd/math.h"
#include "base/half.h"

namespace tn {

/// Register tiles of kRows x 2 vectors.
template <typename V>
struct AttentionTile {
  using Reg = typename V::Reg;
  static constexpr int kRows = V::kRegisters >= 32 ? 12 : 6;
  static constexpr int kWidth = 2 * V::kLanes;

  // acc += a[r * a_stride + i] * panel[i]
  [[gnu::always_inline]] static void multiply(Reg (&acc)[kRows][2], const float* a, int64_t a_stride,
                                              const float* panel, int64_t count) {
    int64_t i = 0;
    for (; i + 2 <= count; i += 2) {
      step(acc, a + i, a_stride, panel + i * kWidth);
      step(acc, a + i + 1, a_stride, panel + (i + 1) * kWidth);
    }
    if (i < count) step(acc, a + i, a_stride, panel + i * kWidth);
  }

  [[gnu::always_inline]] static void step(Reg (&acc)[kRows][2], const float* a, int64_t a_stride, const float* panel) {
    const Reg low = V::load(panel), high = V::load(panel + V::kLanes);
#pragma GCC unroll 12
    for (int r = 0; r < kRows; ++r) {
      const Reg x = V::set1(a[r * a_stride]);
      acc[r][0] = V::fma(x, low, acc[r][0]);
      acc[r][1] = V::fma(x, high, acc[r][1]);
    }
  }

  [[gnu::always_inline]] static void store(const Reg (&acc)[kRows][2], float* out, int64_t stride) {
#pragma GCC unroll 12
    for (int r = 0; r < kRows; ++r) {
      V::store(out + r * stride, acc[r][0]);
      V::store(out + r * stride + V::kLanes, acc[r][1]);
    }
  }

  static void scores(const float* queries, const float* panel, int64_t dim, float* out, int64_t stride) noexcept {
    Reg acc[kRows][2];
#pragma GCC unroll 12
    for (int r = 0; r < kRows; ++r) acc[r][0] = acc[r][1] = V::zero();
    multiply(acc, queries, dim, panel, dim);
    store(acc, out, stride);
  }

  static void values(const float* weights, int64_t weights_stride, const float* panel, int64_t keys,
                     const float* factors, float* sums, int64_t stride) noexcept {
    Reg acc[kRows][2];
#pragma GCC unroll 12
    for (int r = 0; r < kRows; ++r) {
      const Reg factor = V::set1(factors[r]);
      acc[r][0] = V::mul(V::load(sums + r * stride), factor);
      acc[r][1] = V::mul(V::load(sums + r * stride + V::kLanes), factor);
    }
    multiply(acc, weights, weights_stride, panel, keys);
    store(acc, sums, stride);
  }
};

template <typename V>
float attention_softmax(float* scores, int64_t count, const float* mask, float& top, float& sum) noexcept {
  constexpr float kLowest = -std::numeric_limits<float>::infinity();
  typename V::Reg tops[4] = {V::set1(top), V::set1(kLowest), V::set1(kLowest), V::set1(kLowest)};
  sweep<V>(count, [&](int64_t i, int slot, auto n) {
    auto x = load<V>(scores + i, n);
    if (mask != nullptr) {
      x = V::add(x, load<V>(mask + i, n));
      store<V>(scores + i, x, n);
    }
    tops[slot] = V::max(tops[slot], keep<V>(x, n, kLowest));
  });
  const float next = V::reduce_max(V::max(V::max(tops[0], tops[1]), V::max(tops[2], tops[3])));
  const float base = next == kLowest ? 0.0f : next;  // where all is masked so far, nothing is to be added
  const auto shift = V::set1(base);
  Sums<V> sums;
  sweep<V>(count, [&](int64_t i, int slot, auto n) {
    const auto e = simd::exp<V>(V::sub(load<V>(scores + i, n), shift));
    store<V>(scores + i, e, n);
    sums[slot] = V::add(sums[slot], keep<V>(e, n, 0.0f));
  });
  const float factor = ::expf(top - base);
  top = next;
  sum = sum * factor + sums.total();
  return factor;
}

template <typename V, typename T>
void attention_load(const void* in, float scale, float* out, int64_t count) noexcept {
  const auto factor = V::set1(scale);
  sweep<V>(count, [&](int64_t i, int, auto n) {
    store<V>(out + i, V::mul(load<V>(static_cast<const T*>(in) + i, n), factor), n);
  });
}

template <typename V, typename T>
void attention_store(const float* in, float scale, void* out, int64_t count) noexcept {
  const auto factor = V::set1(scale);
  sweep<V>(count,
           [&](int64_t i, int, auto n) { store<V>(static_cast<T*>(out) + i, V::mul(load<V>(in + i, n), factor), n); });
}

template <typename V, typename T>
void attention_row_scores(const float* query, const void* keys, int64_t stride, int64_t count, int64_t dim,
                          float* scores) noexcept {
  const T* key = static_cast<const T*>(keys);
  for (int64_t k = 0; k < count; ++k, key += stride) {
    Sums<V> sums;
    sweep<V>(dim, [&](int64_t d, int slot, auto n) {
      sums[slot] = V::fma(load<V>(query + d, n), load<V>(key + d, n), sums[slot]);
    });
    scores[k] = sums.total();
  }
}

template <typename V, typename T, int Registers, typename Count>
[[gnu::always_inline]] inline void attention_row_columns(const float* weights, const T* values, int64_t stride,
                                                         int64_t count, float factor, float* sums, Count n) {
  typename V::Reg acc[Registers];
  for (int i = 0; i < Registers; ++i) acc[i] = V::mul(load<V>(sums + i * V::kLanes, n), V::set1(factor));
  for (int64_t k = 0; k < count; ++k, values += stride) {
    const auto w = V::set1(weights[k]);
    for (int i = 0; i < Registers; ++i) acc[i] = V::fma(w, load<V>(values + i * V::kLanes, n), acc[i]);
  }
  for (int i = 0; i < Registers; ++i) store<V>(sums + i * V::kLanes, acc[i], n);
}

template <typename V, typename T>
void attention_row_values(const float* weights, const void* values, int64_t stride, int64_t count, int64_t dim,
                          float factor, float* sums) noexcept {
  const T* v = static_cast<const T*>(values);
  constexpr int64_t kL = V::kLanes;
  int64_t c = 0;
  for (; c + 4 * kL <= dim; c += 4 * kL) {
    attention_row_columns<V, T, 4>(weights, v + c, stride, count, factor, sums + c, Whole());
  }
  for (; c + kL <= dim; c += kL) {
    attention_row_columns<V, T, 1>(weights, v + c, stride, count, factor, sums + c, Whole());
  }
  if (c < dim) attention_row_columns<V, T, 1>(weights, v + c, stride, count, factor, sums + c, dim - c);
}

template <typename V>
inline constexpr AttentionKernels kAttentionKernels = {
    AttentionTile<V>::kRows,
    AttentionTile<V>::kWidth,
    AttentionTile<V>::scores,
    AttentionTile<V>::values,
    attention_softmax<V>,
    {attention_load<V, float>, attention_load<V, Half>, attention_load<V, BFloat16>},
    {attention_store<V, float>, attention_store<V, Half>, attention_store<V, BFloat16>},
    {attention_row_scores<V, float>, attention_row_scores<V, Half>, attention_row_scores<V, BFloat16>},
    {attention_row_values<V, float>, attention_row_values<V, Half>, attention_row_values<V, BFloat16>}};

}  // namespace tn
