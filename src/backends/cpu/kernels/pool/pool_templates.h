// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <type_traits>

#include "backends/cpu/kernels/pool/pool_kernels.h"
#include "backends/cpu/kernels/rows/sweep.h"
#include "base/half.h"

namespace tn {

template <typename V, bool Max>
struct Pooler {
  using Reg = typename V::Reg;
  static Reg neutral() { return Max ? V::set1(-std::numeric_limits<float>::infinity()) : V::zero(); }
  static Reg join(Reg a, Reg b) {
    if constexpr (Max)
      return V::max(a, b);
    else
      return V::add(a, b);
  }
};

// Registers * kLanes channels at once.
template <typename V, typename T, bool Max, int Registers, typename Count>
[[gnu::always_inline]] inline void pool_channels(const T* in, const PoolTaps& taps, T* out, Count n, float scale) {
  using P = Pooler<V, Max>;
  typename V::Reg acc[Registers];
  for (int i = 0; i < Registers; ++i) acc[i] = P::neutral();
  for (int64_t z = 0; z < taps.count[0]; ++z) {
    for (int64_t y = 0; y < taps.count[1]; ++y) {
      const T* p = in + z * taps.stride[0] + y * taps.stride[1];
      for (int64_t x = 0; x < taps.count[2]; ++x, p += taps.stride[2]) {
        for (int i = 0; i < Registers; ++i) acc[i] = P::join(acc[i], load<V>(p + i * V::kLanes, n));
      }
    }
  }
  for (int i = 0; i < Registers; ++i) {
    store<V>(out + i * V::kLanes, Max ? acc[i] : V::mul(acc[i], V::set1(scale)), n);
  }
}

template <typename V, typename T, bool Max>
void pool_pixel(const void* in_pointer, const PoolTaps& taps, void* out_pointer, int64_t channels,
                float scale) noexcept {
  const T* in = static_cast<const T*>(in_pointer);
  T* out = static_cast<T*>(out_pointer);
  constexpr int64_t kL = V::kLanes;
  int64_t c = 0;
  for (; c + 4 * kL <= channels; c += 4 * kL) pool_channels<V, T, Max, 4>(in + c, taps, out + c, Whole(), scale);
  for (; c + kL <= channels; c += kL) pool_channels<V, T, Max, 1>(in + c, taps, out + c, Whole(), scale);
  if (c < channels) pool_channels<V, T, Max, 1>(in + c, taps, out + c, channels - c, scale);
}

// The maximum of small integers; compilers make vectors of the loops. V tells the instantiations of the sets apart.
template <typename V, typename T, typename Count>
[[gnu::always_inline]] inline void max_channels(const T* in, const PoolTaps& taps, T* out, Count n) {
  T most[64];
  for (int64_t c = 0; c < n; ++c) most[c] = std::numeric_limits<T>::lowest();
  for (int64_t z = 0; z < taps.count[0]; ++z) {
    for (int64_t y = 0; y < taps.count[1]; ++y) {
      const T* p = in + z * taps.stride[0] + y * taps.stride[1];
      for (int64_t x = 0; x < taps.count[2]; ++x, p += taps.stride[2]) {
        for (int64_t c = 0; c < n; ++c) most[c] = p[c] > most[c] ? p[c] : most[c];
      }
    }
  }
  for (int64_t c = 0; c < n; ++c) out[c] = most[c];
}

template <typename V, typename T>
void max_pixel_integers(const void* in_pointer, const PoolTaps& taps, void* out_pointer, int64_t channels,
                        float) noexcept {
  const T* in = static_cast<const T*>(in_pointer);
  T* out = static_cast<T*>(out_pointer);
  int64_t c = 0;
  for (; c + 64 <= channels; c += 64) max_channels<V>(in + c, taps, out + c, std::integral_constant<int64_t, 64>());
  for (; c + 16 <= channels; c += 16) max_channels<V>(in + c, taps, out + c, std::integral_constant<int64_t, 16>());
  if (c < channels) max_channels<V>(in + c, taps, out + c, channels - c);
}

template <typename V, typename T, bool Max>
void pool_vertical(const void* in_pointer, const PoolTaps& taps, float* row, int64_t columns) noexcept {
  using P = Pooler<V, Max>;
  sweep<V>(columns, [&](int64_t x, int, auto n) {
    const T* in = static_cast<const T*>(in_pointer) + x;
    auto acc = P::neutral();
    for (int64_t z = 0; z < taps.count[0]; ++z) {
      const T* p = in + z * taps.stride[0];
      for (int64_t y = 0; y < taps.count[1]; ++y, p += taps.stride[1]) acc = P::join(acc, load<V>(p, n));
    }
    store<V>(row + x, acc, n);
  });
}

template <typename V, typename T, bool Max>
void pool_horizontal(const float* row, int64_t taps, int64_t dilation, int64_t step, const float* scales,
                     void* out_pointer, int64_t columns) noexcept {
  using P = Pooler<V, Max>;
  T* out = static_cast<T*>(out_pointer);
  sweep<V>(columns, [&](int64_t x, int, auto n) {
    auto acc = P::neutral();
    if (step == 1) {
      for (int64_t t = 0; t < taps; ++t) acc = P::join(acc, load<V>(row + x + t * dilation, n));
    } else {
      int64_t lanes = V::kLanes;
      if constexpr (!std::is_same_v<decltype(n), Whole>) lanes = n;
      float values[V::kLanes] = {};
      for (int64_t i = 0; i < lanes; ++i) {
        const float* p = row + (x + i) * step;
        float value = p[0];
        for (int64_t t = 1; t < taps; ++t) {
          const float next = p[t * dilation];
          if constexpr (Max)
            value = value > next ? value : next;
          else
            value += next;
        }
        values[i] = value;
      }
      acc = V::load(values);
    }
    store<V>(out + x, Max ? acc : V::mul(acc, load<V>(scales + x, n)), n);
  });
}

template <typename V, typename T>
void blend(const void* in_pointer, const int64_t* offsets, const float* weights, int64_t taps, void* out_pointer,
           int64_t channels) noexcept {
  const T* in = static_cast<const T*>(in_pointer);
  T* out = static_cast<T*>(out_pointer);
  sweep<V>(channels, [&](int64_t c, int, auto n) {
    auto acc = V::mul(V::set1(weights[0]), load<V>(in + offsets[0] + c, n));
    for (int64_t t = 1; t < taps; ++t) acc = V::fma(V::set1(weights[t]), load<V>(in + offsets[t] + c, n), acc);
    store<V>(out + c, acc, n);
  });
}

template <typename V, typename T>
void blend_row(const void* in_pointer, const int64_t* row_offsets, const float* row_weights, int64_t rows,
               const int32_t* index, const float* weights, int64_t taps, void* out_pointer, int64_t columns) noexcept {
  const T* in = static_cast<const T*>(in_pointer);
  T* out = static_cast<T*>(out_pointer);
  constexpr int64_t kL = V::kLanes;
  for (int64_t x = 0; x < columns; x += kL) {
    const int64_t lanes = columns - x < kL ? columns - x : kL;
    float values[V::kLanes] = {};
    for (int64_t r = 0; r < rows; ++r) {
      const T* p = in + row_offsets[r];
      for (int64_t i = 0; i < lanes; ++i) {
        float sum = 0;
        for (int64_t t = 0; t < taps; ++t) {
          const int64_t at = (x + i) * taps + t;
          sum += weights[at] * static_cast<float>(p[index[at]]);
        }
        values[i] += row_weights[r] * sum;
      }
    }
    V::store(out + x, V::load(values), lanes);
  }
}

template <typename V>
constexpr PoolKernels make_pool_kernels() {
  PoolKernels k{};
  k.max_pixel = {pool_pixel<V, float, true>, pool_pixel<V, Half, true>, pool_pixel<V, BFloat16, true>};
  k.max_pixel_i8 = max_pixel_integers<V, int8_t>;
  k.max_pixel_u8 = max_pixel_integers<V, uint8_t>;
  k.average_pixel = {pool_pixel<V, float, false>, pool_pixel<V, Half, false>, pool_pixel<V, BFloat16, false>};
  k.max_vertical = {pool_vertical<V, float, true>, pool_vertical<V, Half, true>, pool_vertical<V, BFloat16, true>};
  k.average_vertical = {pool_vertical<V, float, false>, pool_vertical<V, Half, false>,
                        pool_vertical<V, BFloat16, false>};
  k.max_horizontal = {pool_horizontal<V, float, true>, pool_horizontal<V, Half, true>,
                      pool_horizontal<V, BFloat16, true>};
  k.average_horizontal = {pool_horizontal<V, float, false>, pool_horizontal<V, Half, false>,
                          pool_horizontal<V, BFloat16, false>};
  k.blend = {blend<V, float>, blend<V, Half>, blend<V, BFloat16>};
  k.blend_row = {blend_row<V, float>, blend_row<V, Half>, blend_row<V, BFloat16>};
  return k;
}

template <typename V>
inline constexpr PoolKernels kPoolKernels = make_pool_kernels<V>();

}  // namespace tn
