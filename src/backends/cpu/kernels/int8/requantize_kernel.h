// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/kernels/int8/requantize.h"

namespace tn {

/// requantize.h's arithmetic in vectors.
template <typename V>
struct Requantize {
  using Reg = typename V::Reg;
  using Sums = typename V::Sums;

  static void to_bytes(const RequantizeArgs& args) {
    if (args.kind == SumKind::Integers) return to_bytes<SumKind::Integers>(args);
    args.kind == SumKind::Exact ? to_bytes<SumKind::Exact>(args) : to_bytes<SumKind::Activated>(args);
  }
  static void to_floats(const RequantizeArgs& args) {
    args.kind == SumKind::Integers ? to_floats<SumKind::Integers>(args) : to_floats<SumKind::Exact>(args);
  }

 private:
  enum class Residual : uint8_t { None, Before, Again };

  template <SumKind kKind>
  static void to_bytes(const RequantizeArgs& args) {
    if (!args.residual) return rows<kKind, Residual::None, false>(args);
    if (args.again.wanted)
      return args.residual_signed ? rows<kKind, Residual::Again, true>(args)
                                  : rows<kKind, Residual::Again, false>(args);
    args.residual_signed ? rows<kKind, Residual::Before, true>(args) : rows<kKind, Residual::Before, false>(args);
  }

  template <SumKind kKind>
  static void to_floats(const RequantizeArgs& args) {
    const RequantizeArgs a = args;  // a copy, which stores cannot change
    for (int64_t row = 0; row < a.rows; ++row) {
      int32_t* sums = a.sums + row * a.sums_stride;
      for (int64_t c = 0; c < a.channels; c += V::kLanes) {
        const int64_t n = a.channels - c < V::kLanes ? a.channels - c : V::kLanes;
        V::store(reinterpret_cast<float*>(sums + c),
                 n == V::kLanes ? scaled<kKind, true>(a, sums, c, n) : scaled<kKind, false>(a, sums, c, n));
      }
    }
  }

  template <SumKind kKind, Residual kResidual, bool kSigned>
  static void rows(const RequantizeArgs& args) {
    const RequantizeArgs a = args;
    const Step first(a.zero_point, a.low, a.high), again(a.again.zero_point, a.again.low, a.again.high);
    for (int64_t row = 0; row < a.rows; ++row) {
      const int32_t* sums = a.sums + row * a.sums_stride;
      const char* residual = kResidual != Residual::None ? a.residual + row * a.residual_stride : nullptr;
      char* out = a.out + row * a.out_stride;
      const auto quantized = [&](int64_t c, int64_t n, auto full) __attribute__((always_inline)) {
        constexpr bool kFull = decltype(full)::value;
        Reg t = scaled<kKind, kFull>(a, sums, c, n);
        if (kResidual == Residual::None) return first.of(t);
        const Reg r =
            kFull ? V::template load_bytes<kSigned>(residual + c) : V::template load_bytes<kSigned>(residual + c, n);
        const Reg scale = V::set1(a.residual_scale);
        if (kResidual == Residual::Before) return first.of(V::fma(r, scale, t));
        t = V::fma(V::to_floats(first.of(t)), V::set1(a.again.scale), V::set1(a.again.offset));
        return again.of(V::fma(r, scale, t));
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

  /// clamp(rint(t) + zero_point, low, high)
  struct Step {
    Reg low, high;
    Sums zero_point;
    Step(int32_t zero, int32_t least, int32_t most)
        : low(V::set1(static_cast<float>(least - zero))),
          high(V::set1(static_cast<float>(most - zero))),
          zero_point(V::set1_sums(zero)) {}
    /// Both bounds are integers, so that clamping before rounding is the same.
    [[gnu::always_inline]] Sums of(Reg t) const {
      return V::add_sums(V::round_to_sums(V::min(high, V::max(low, t))), zero_point);
    }
  };

  template <bool kFull_>
  struct Full {
    static constexpr bool value = kFull_;
  };

  template <SumKind kKind, bool kFull>
  [[gnu::always_inline]] static Reg scaled(const RequantizeArgs& a, const int32_t* sums, int64_t c, int64_t n) {
    const auto* floats = reinterpret_cast<const float*>(sums + c);
    if constexpr (kKind == SumKind::Activated) return V::mul(V::load(floats), V::set1(a.inverse));
    const Reg scale = kFull ? V::load(a.scale + c) : V::load(a.scale + c, n);
    const Reg offset = kFull ? V::load(a.offset + c) : V::load(a.offset + c, n);
    if constexpr (kKind == SumKind::Exact) return V::fma(V::load(floats), scale, offset);
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
