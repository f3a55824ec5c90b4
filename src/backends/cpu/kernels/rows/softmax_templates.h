// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <math.h>

#include <type_traits>

#include "backends/cpu/kernels/rows/sweep.h"
#include "backends/cpu/kernels/simd/math.h"

namespace tn {

// Exponentials wait in the output only where that loses nothing; narrow outputs compute them again.
template <typename T>
inline constexpr bool kHoldsF32 = std::is_same_v<T, float>;

template <typename V, typename T, bool Log>
void softmax_row(const void* in_pointer, void* out_pointer, int64_t count) noexcept {
  const T* in = static_cast<const T*>(in_pointer);
  T* out = static_cast<T*>(out_pointer);
  constexpr float kLowest = -std::numeric_limits<float>::infinity();
  typename V::Reg tops[4] = {V::set1(kLowest), V::set1(kLowest), V::set1(kLowest), V::set1(kLowest)};
  sweep<V>(count, [&](int64_t i, int slot, auto n) {
    tops[slot] = V::max(tops[slot], keep<V>(load<V>(in + i, n), n, kLowest));
  });
  const float top = V::reduce_max(V::max(V::max(tops[0], tops[1]), V::max(tops[2], tops[3])));
  const auto shift = V::set1(top);
  Sums<V> sums;
  sweep<V>(count, [&](int64_t i, int slot, auto n) {
    const auto e = simd::exp<V>(V::sub(load<V>(in + i, n), shift));
    sums[slot] = V::add(sums[slot], keep<V>(e, n, 0.0f));
    if constexpr (kHoldsF32<T> && !Log) store<V>(out + i, e, n);
  });
  const float total = sums.total();
  if constexpr (Log) {
    const auto down = V::set1(::logf(total));
    sweep<V>(count,
             [&](int64_t i, int, auto n) { store<V>(out + i, V::sub(V::sub(load<V>(in + i, n), shift), down), n); });
  } else {
    const auto factor = V::set1(1.0f / total);
    sweep<V>(count, [&](int64_t i, int, auto n) {
      if constexpr (kHoldsF32<T>)
        store<V>(out + i, V::mul(load<V>(out + i, n), factor), n);
      else
        store<V>(out + i, V::mul(simd::exp<V>(V::sub(load<V>(in + i, n), shift)), factor), n);
    });
  }
}

template <typename V, typename T, bool Log>
void softmax_columns(const void* in_pointer, int64_t in_stride, void* out_pointer, int64_t out_stride, int64_t count,
                     int64_t columns) noexcept {
  sweep<V>(columns, [&](int64_t c, int, auto n) {
    const T* in = static_cast<const T*>(in_pointer) + c;
    T* out = static_cast<T*>(out_pointer) + c;
    auto top = load<V>(in, n);
    for (int64_t i = 1; i < count; ++i) top = V::max(top, load<V>(in + i * in_stride, n));
    auto sum = V::zero();
    for (int64_t i = 0; i < count; ++i) {
      const auto e = simd::exp<V>(V::sub(load<V>(in + i * in_stride, n), top));
      sum = V::add(sum, e);
      if constexpr (kHoldsF32<T> && !Log) store<V>(out + i * out_stride, e, n);
    }
    if constexpr (Log) {
      float logs[V::kLanes];
      V::store(logs, sum);
      for (float& x : logs) x = ::logf(x);
      const auto down = V::load(logs);
      for (int64_t i = 0; i < count; ++i) {
        store<V>(out + i * out_stride, V::sub(V::sub(load<V>(in + i * in_stride, n), top), down), n);
      }
    } else {
      const auto factor = V::div(V::set1(1.0f), sum);
      for (int64_t i = 0; i < count; ++i) {
        const auto e =
            kHoldsF32<T> ? load<V>(out + i * out_stride, n) : simd::exp<V>(V::sub(load<V>(in + i * in_stride, n), top));
        store<V>(out + i * out_stride, V::mul(e, factor), n);
      }
    }
  });
}

}  // namespace tn
