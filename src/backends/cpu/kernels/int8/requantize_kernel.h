// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/kernels/int8/requantize.h"

namespace tn {

/// requantize.h's arithmetic in vectors.
template <typename V>
struct Requantize {
  using Reg = typename V::Reg;
  using Sums = typename V::Sums;

  static void to_bytes(const RequantizeArgs& args) { args.table ? through_table(args) : without_table(args); }
  static void to_floats(const RequantizeArgs& args) {
    args.kind == SumKind::Integers ? to_floats<SumKind::Integers>(args) : to_floats<SumKind::Exact>(args);
  }

 private:
  enum class Residual : uint8_t { None, Before, Again };

  static void without_table(const RequantizeArgs& args) {
    if (args.kind == SumKind::Integers) return to_bytes<SumKind::Integers>(args);
    args.kind == SumKind::Exact ? to_bytes<SumKind::Exact>(args) : to_bytes<SumKind::Activated>(args);
  }

  /// Rows follow each other in memory of their own, so that the table serves whole blocks.
  static void through_table(const RequantizeArgs& args) {
    constexpr int64_t kRoom = 4096;
    alignas(64) char staged[kRoom + kLookUpBlock];
    RequantizeArgs a = args;
    a.out = staged;
    a.out_stride = a.channels;
    char* out = args.out;
    for (int64_t left = args.rows, most = kRoom / a.channels; left > 0; left -= a.rows) {
      a.rows = left < most ? left : most;
      without_table(a);
      a.look_up(a.table, reinterpret_cast<uint8_t*>(staged), (a.rows * a.channels + kLookUpBlock - 1) / kLookUpBlock);
      for (int64_t row = 0; row < a.rows; ++row, out += args.out_stride)
        copy_bytes(staged + row * a.channels, out, a.channels);
      a.sums += a.rows * a.sums_stride;
      if (a.residual) a.residual += a.rows * a.residual_stride;
    }
  }
  [[gnu::always_inline]] static void copy_bytes(const char* from, char* to, int64_t n) {
    int64_t i = 0;
    for (; i + 16 <= n; i += 16) __builtin_memcpy(to + i, from + i, 16);
    for (; i + 4 <= n; i += 4) __builtin_memcpy(to + i, from + i, 4);
    for (; i < n; ++i) to[i] = from[i];
  }

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
    for (int64_t c = 0; c < a.channels; c += V::kLanes) {
      const Terms<kKind> terms(a, c, a.channels - c);
      for (int64_t row = 0; row < a.rows; ++row) {
        int32_t* sums = a.sums + row * a.sums_stride + c;
        V::store(reinterpret_cast<float*>(sums), terms.of(sums));
      }
    }
  }

  template <SumKind kKind, Residual kResidual, bool kSigned>
  static void rows(const RequantizeArgs& args) {
    using Part = Columns<kKind, kResidual, kSigned>;
    int64_t c = 0;
    for (; c + 4 * V::kLanes <= args.channels; c += 4 * V::kLanes) Part::template run<4>(args, c);
    const int64_t vectors = (args.channels - c) / V::kLanes;
    if (vectors == 3) Part::template run<3>(args, c);
    if (vectors == 2) Part::template run<2>(args, c);
    if (vectors == 1) Part::template run<1>(args, c);
    c += vectors * V::kLanes;
    if (c < args.channels) Part::rest(args, c);
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

  /// t of a vector of channels.
  template <SumKind kKind>
  struct Terms {
    Reg scale, offset;
    Sums correction;
    Terms() = default;
    [[gnu::always_inline]] Terms(const RequantizeArgs& a, int64_t c, int64_t n) {
      const bool full = n >= V::kLanes;
      if constexpr (kKind == SumKind::Activated) {
        scale = V::set1(a.inverse);
      } else {
        scale = full ? V::load(a.scale + c) : V::load(a.scale + c, n);
        offset = full ? V::load(a.offset + c) : V::load(a.offset + c, n);
      }
      if constexpr (kKind == SumKind::Integers)
        correction = full ? V::load_sums(a.correction + c) : V::load_sums(a.correction + c, n);
    }
    [[gnu::always_inline]] Reg of(const int32_t* sums) const {
      const auto* floats = reinterpret_cast<const float*>(sums);
      if constexpr (kKind == SumKind::Activated) return V::mul(V::load(floats), scale);
      if constexpr (kKind == SumKind::Exact) return V::fma(V::load(floats), scale, offset);
      return V::fma(V::to_floats(V::sub_sums(V::load_sums(sums), correction)), scale, offset);
    }
  };

  /// Some vectors of channels of all rows.
  template <SumKind kKind, Residual kResidual, bool kSigned>
  struct Columns {
    static constexpr bool kAgain = kResidual == Residual::Again;
    const Step first;
    const typename V::ByteStep last;
    const Reg residual_scale, again_scale, again_offset;
    explicit Columns(const RequantizeArgs& a)
        : first(a.zero_point, a.low, a.high),
          last(kAgain ? a.again.zero_point : a.zero_point, kAgain ? a.again.low : a.low,
               kAgain ? a.again.high : a.high),
          residual_scale(V::set1(a.residual_scale)),
          again_scale(V::set1(a.again.scale)),
          again_offset(V::set1(a.again.offset)) {}

    /// What the last step takes.
    [[gnu::always_inline]] Reg before_last(Reg t, Reg r) const {
      if constexpr (kResidual == Residual::None) return t;
      if constexpr (kAgain) t = V::fma(V::to_floats(first.of(t)), again_scale, again_offset);
      return V::fma(r, residual_scale, t);
    }

    template <int kCount>
    static void run(const RequantizeArgs& args, int64_t c) {
      const RequantizeArgs a = args;  // a copy, which stores cannot change
      const Columns columns(a);
      Terms<kKind> terms[kCount];
#pragma GCC unroll 4
      for (int i = 0; i < kCount; ++i) terms[i] = Terms<kKind>(a, c + i * V::kLanes, V::kLanes);
      for (int64_t row = 0; row < a.rows; ++row) {
        const int32_t* sums = a.sums + row * a.sums_stride + c;
        Reg t[kCount];
#pragma GCC unroll 4
        for (int i = 0; i < kCount; ++i) {
          Reg r = V::zero();
          if constexpr (kResidual != Residual::None)
            r = V::template load_bytes<kSigned>(a.residual + row * a.residual_stride + c + i * V::kLanes);
          t[i] = columns.before_last(terms[i].of(sums + i * V::kLanes), r);
        }
        columns.last.store(a.out + row * a.out_stride + c, t);
      }
    }
    /// Fewer channels than a vector has.
    static void rest(const RequantizeArgs& args, int64_t c) {
      const RequantizeArgs a = args;
      const Columns columns(a);
      const int64_t n = a.channels - c;
      const Terms<kKind> terms(a, c, n);
      for (int64_t row = 0; row < a.rows; ++row) {
        Reg r = V::zero();
        if constexpr (kResidual != Residual::None)
          r = V::template load_bytes<kSigned>(a.residual + row * a.residual_stride + c, n);
        const Reg t = columns.before_last(terms.of(a.sums + row * a.sums_stride + c), r);
        columns.last.store(a.out + row * a.out_stride + c, t, n);
      }
    }
  };
};

template <typename V>
inline constexpr RequantizeKernels kRequantize = {Requantize<V>::to_bytes, Requantize<V>::to_floats};

}  // namespace tn
