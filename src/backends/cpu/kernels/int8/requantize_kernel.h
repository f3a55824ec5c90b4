// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/kernels/int8/requantize.h"

namespace tn {

/// requantize.h's arithmetic in vectors.
template <typename V>
struct Requantize {
  using Reg = typename V::Reg;
  using Sums = typename V::Sums;

  static void to_bytes(const RequantizeArgs& args) { args.exact_floats ? to_bytes<true>(args) : to_bytes<false>(args); }
  static void to_floats(const RequantizeArgs& args) {
    args.exact_floats ? to_floats<true>(args) : to_floats<false>(args);
  }

 private:
  template <bool kFloats>
  static void to_bytes(const RequantizeArgs& args) {
    if (!args.residual) return rows<kFloats, false, false>(args);
    args.residual_signed ? rows<kFloats, true, true>(args) : rows<kFloats, true, false>(args);
  }

  template <bool kFloats>
  static void to_floats(const RequantizeArgs& args) {
    const RequantizeArgs a = args;  // a copy, which stores cannot change
    for (int64_t row = 0; row < a.rows; ++row) {
      int32_t* sums = a.sums + row * a.sums_stride;
      for (int64_t c = 0; c < a.channels; c += V::kLanes) {
        const int64_t n = a.channels - c < V::kLanes ? a.channels - c : V::kLanes;
        V::store(reinterpret_cast<float*>(sums + c),
                 n == V::kLanes ? scaled<kFloats, true>(a, sums, c, n) : scaled<kFloats, false>(a, sums, c, n));
      }
    }
  }

  template <bool kFloats, bool kResidual, bool kSigned>
  static void rows(const RequantizeArgs& args) {
    const RequantizeArgs a = args;
    const Reg low = V::set1(static_cast<float>(a.low - a.zero_point));
    const Reg high = V::set1(static_cast<float>(a.high - a.zero_point));
    const Sums zero_point = V::set1_sums(a.zero_point);
    for (int64_t row = 0; row < a.rows; ++row) {
      const int32_t* sums = a.sums + row * a.sums_stride;
      const char* residual = kResidual ? a.residual + row * a.residual_stride : nullptr;
      char* out = a.out + row * a.out_stride;
      const auto quantized = [&](int64_t c, int64_t n, auto full) __attribute__((always_inline)) {
        constexpr bool kFull = decltype(full)::value;
        Reg t = scaled<kFloats, kFull>(a, sums, c, n);
        if (kResidual) {
          const Reg r =
              kFull ? V::template load_bytes<kSigned>(residual + c) : V::template load_bytes<kSigned>(residual + c, n);
          t = V::fma(r, V::set1(a.residual_scale), t);
        }
        // Both bounds are integers, so that clamping before rounding is the same.
        t = V::min(high, V::max(low, t));
        return V::add_sums(V::round_to_sums(t), zero_point);
      };
      int64_t c = 0;
      for (; c + 4 * V::kLanes <= a.channels; c += 4 * V::kLanes) {
        Sums q[4];
#pragma GCC unroll 4
        for (int i = 0; i < 4; ++i) q[i] = quantized(c + i * V::kLanes, V::kLanes, Full<true>{});
        V::store_bytes(out + c, q);
      }
      for (; c + V::kLanes <= a.channels; c += V::kLanes)
        V::store_bytes(out + c, quantized(c, V::kLanes, Full<true>{}), V::kLanes);
      if (c < a.channels) V::store_bytes(out + c, quantized(c, a.channels - c, Full<false>{}), a.channels - c);
      if (a.table) look_up(a.table, reinterpret_cast<uint8_t*>(out), a.channels);
    }
  }

  template <bool kFull_>
  struct Full {
    static constexpr bool value = kFull_;
  };

  template <bool kFloats, bool kFull>
  [[gnu::always_inline]] static Reg scaled(const RequantizeArgs& a, const int32_t* sums, int64_t c, int64_t n) {
    const Reg scale = kFull ? V::load(a.scale + c) : V::load(a.scale + c, n);
    const Reg offset = kFull ? V::load(a.offset + c) : V::load(a.offset + c, n);
    if (kFloats) return V::fma(V::load(reinterpret_cast<const float*>(sums + c)), scale, offset);
    const Sums correction = kFull ? V::load_sums(a.correction + c) : V::load_sums(a.correction + c, n);
    return V::fma(V::to_floats(V::sub_sums(V::load_sums(sums + c), correction)), scale, offset);
  }

  [[gnu::always_inline]] static void look_up(const uint8_t* table, uint8_t* bytes, int64_t n) {
    const int64_t whole = n / V::kLookup * V::kLookup;
    V::look_up(table, bytes, whole);
    for (int64_t i = whole; i < n; ++i) bytes[i] = table[bytes[i]];
  }
};

template <typename V>
inline constexpr RequantizeKernels kRequantize = {Requantize<V>::to_bytes, Requantize<V>::to_floats};

}  // namespace tn
