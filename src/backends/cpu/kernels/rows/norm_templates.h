// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <math.h>

#include "backends/cpu/kernels/rows/row_kernels.h"
#include "backends/cpu/kernels/rows/sweep.h"

namespace tn {

/// Layer normalization, (x - mean) / sqrt(variance + epsilon), or RMS normalization, x / sqrt(mean of x^2 + epsilon).
template <typename V, typename T, bool Rms, bool Residual>
void norm_row_of(const NormRow& row) {
  const T* in = static_cast<const T*>(row.in);
  const T* residual = static_cast<const T*>(row.residual);
  T* sum_out = static_cast<T*>(row.sum);
  T* out = static_cast<T*>(row.out);
  const auto value = [&](int64_t i, auto n) {
    const auto x = load<V>(in + i, n);
    if constexpr (Residual)
      return V::add(x, load<V>(residual + i, n));
    else
      return x;
  };
  const float inverse_count = 1.0f / static_cast<float>(row.count);
  float mean = 0;
  if constexpr (!Rms) {
    Sums<V> sums;
    sweep<V>(row.count, [&](int64_t i, int slot, auto n) { sums[slot] = V::add(sums[slot], value(i, n)); });
    mean = sums.total() * inverse_count;
  }
  const auto center = V::set1(mean);
  Sums<V> squares;
  sweep<V>(row.count, [&](int64_t i, int slot, auto n) {
    const auto d = keep<V>(V::sub(value(i, n), center), n, 0.0f);
    squares[slot] = V::fma(d, d, squares[slot]);
  });
  const auto factor = V::set1(1.0f / ::sqrtf(squares.total() * inverse_count + row.epsilon));
  sweep<V>(row.count, [&](int64_t i, int, auto n) {
    const auto x = value(i, n);
    if (sum_out != nullptr) store<V>(sum_out + i, x, n);
    auto y = V::mul(V::sub(x, center), factor);
    if (row.scale != nullptr) y = V::mul(y, load<V>(row.scale + i, n));
    if (row.bias != nullptr) y = V::add(y, load<V>(row.bias + i, n));
    store<V>(out + i, y, n);
  });
}

template <typename V, typename T, bool Rms>
void norm_row(const NormRow& row) noexcept {
  if (row.residual != nullptr)
    norm_row_of<V, T, Rms, true>(row);
  else
    norm_row_of<V, T, Rms, false>(row);
}

template <typename V, typename T>
float spread(const void* in_pointer, int64_t count, float center) noexcept {
  const T* in = static_cast<const T*>(in_pointer);
  const auto middle = V::set1(center);
  Sums<V> squares;
  sweep<V>(count, [&](int64_t i, int slot, auto n) {
    const auto d = keep<V>(V::sub(load<V>(in + i, n), middle), n, 0.0f);
    squares[slot] = V::fma(d, d, squares[slot]);
  });
  return squares.total();
}

template <typename V, typename T>
void spread_columns(const void* in_pointer, int64_t stride, int64_t rows, int64_t columns, float* acc,
                    const float* center) noexcept {
  sweep_wide<V, 4>(columns, [&](int64_t c, auto registers, auto n) {
    constexpr int kRegisters = registers();
    const T* in = static_cast<const T*>(in_pointer) + c;
    typename V::Reg middle[kRegisters], sum[kRegisters];
    for (int i = 0; i < kRegisters; ++i) {
      middle[i] = load<V>(center + c + i * V::kLanes, n);
      sum[i] = V::zero();
    }
    for (int64_t r = 0; r < rows; ++r, in += stride) {
      for (int i = 0; i < kRegisters; ++i) {
        const auto d = V::sub(load<V>(in + i * V::kLanes, n), middle[i]);
        sum[i] = V::fma(d, d, sum[i]);
      }
    }
    for (int i = 0; i < kRegisters; ++i) {
      float* to = acc + c + i * V::kLanes;
      store<V>(to, V::add(load<V>(to, n), sum[i]), n);
    }
  });
}

template <typename V, typename T>
void affine(const void* in_pointer, int64_t in_stride, void* out_pointer, int64_t out_stride, int64_t rows,
            int64_t columns, const float* scale, const float* shift) noexcept {
  const T* in = static_cast<const T*>(in_pointer);
  T* out = static_cast<T*>(out_pointer);
  for (int64_t r = 0; r < rows; ++r, in += in_stride, out += out_stride) {
    sweep<V>(columns, [&](int64_t c, int, auto n) {
      store<V>(out + c, V::fma(load<V>(in + c, n), load<V>(scale + c, n), load<V>(shift + c, n)), n);
    });
  }
}

template <typename V, typename T>
void affine_row(const void* in_pointer, void* out_pointer, int64_t count, float scale, float shift) noexcept {
  const T* in = static_cast<const T*>(in_pointer);
  T* out = static_cast<T*>(out_pointer);
  const auto a = V::set1(scale), b = V::set1(shift);
  sweep<V>(count, [&](int64_t i, int, auto n) { store<V>(out + i, V::fma(load<V>(in + i, n), a, b), n); });
}

}  // namespace tn
