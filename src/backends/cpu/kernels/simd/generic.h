// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "backends/cpu/kernels/simd/isa.h"
#include "base/half.h"

namespace tn {

/// Vectors of f32 in plain C++ (the compiler's vector type; four lanes, which every 64-bit CPU has). All vector types
/// have the members of this one: a Reg of kLanes floats, a Mask from comparisons, and static functions.
/// load and store take float, Half (IEEE 16 bit) and BFloat16 memory at any alignment and convert, rounding to nearest
/// even; with a count n in [0, kLanes] they touch only the first n elements, and the other lanes load as zero.
/// min and max return b when a lane of either is NaN: put the value second to let its NaN through.
struct Generic {
  static constexpr Isa kIsa = Isa::Generic;
  static constexpr int kLanes = 4;
  static constexpr int kRegisters = 16;
  using Reg [[gnu::vector_size(16)]] = float;
  using Mask [[gnu::vector_size(16)]] = int32_t;

  static Reg zero() { return Reg{}; }
  static Reg set1(float x) { return Reg{x, x, x, x}; }

  static Reg load(const float* p) { return load(p, kLanes); }
  static Reg load(const float* p, int64_t n) {
    float values[kLanes] = {};
    std::memcpy(values, p, static_cast<size_t>(n) * sizeof(float));
    return Reg{values[0], values[1], values[2], values[3]};
  }
  static void store(float* p, Reg x) { store(p, x, kLanes); }
  static void store(float* p, Reg x, int64_t n) { std::memcpy(p, &x, static_cast<size_t>(n) * sizeof(float)); }
  static Reg load(const Half* p) { return load(p, kLanes); }
  static Reg load(const Half* p, int64_t n) { return load_narrow(p, n); }
  static void store(Half* p, Reg x) { store(p, x, kLanes); }
  static void store(Half* p, Reg x, int64_t n) { store_narrow(p, x, n); }
  static Reg load(const BFloat16* p) { return load(p, kLanes); }
  static Reg load(const BFloat16* p, int64_t n) { return load_narrow(p, n); }
  static void store(BFloat16* p, Reg x) { store(p, x, kLanes); }
  static void store(BFloat16* p, Reg x, int64_t n) { store_narrow(p, x, n); }

  static Reg add(Reg a, Reg b) { return a + b; }
  static Reg sub(Reg a, Reg b) { return a - b; }
  static Reg mul(Reg a, Reg b) { return a * b; }
  static Reg div(Reg a, Reg b) { return a / b; }
  /// a * b + c and c - a * b; rounded once where the CPU has it.
  static Reg fma(Reg a, Reg b, Reg c) { return a * b + c; }
  static Reg fnma(Reg a, Reg b, Reg c) { return c - a * b; }
  static Reg min(Reg a, Reg b) { return a < b ? a : b; }
  static Reg max(Reg a, Reg b) { return a > b ? a : b; }
  static Reg sqrt(Reg x) { return Reg{std::sqrt(x[0]), std::sqrt(x[1]), std::sqrt(x[2]), std::sqrt(x[3])}; }
  static Reg abs(Reg x) { return Reg{std::fabs(x[0]), std::fabs(x[1]), std::fabs(x[2]), std::fabs(x[3])}; }
  /// To the nearest integer, halves to even.
  static Reg round(Reg x) {
    return Reg{std::nearbyint(x[0]), std::nearbyint(x[1]), std::nearbyint(x[2]), std::nearbyint(x[3])};
  }
  /// x * 2^n for integral n in [-252, 254].
  static Reg ldexp(Reg x, Reg n) {
    return Reg{std::ldexp(x[0], static_cast<int>(n[0])), std::ldexp(x[1], static_cast<int>(n[1])),
               std::ldexp(x[2], static_cast<int>(n[2])), std::ldexp(x[3], static_cast<int>(n[3]))};
  }

  /// 2^n for integral n in [-126, 128], infinity for 128 and zero for -127, from the float n + kExponentBias, whose low
  /// bits are those of n + 127.
  static constexpr float kExponentBias = 0x1.8p23f + 127;
  static Reg power_of_two(Reg biased) {
    using Bits [[gnu::vector_size(16)]] = uint32_t;
    return reinterpret_cast<Reg>(reinterpret_cast<Bits>(biased) << 23);
  }

  static Mask less(Reg a, Reg b) { return a < b; }
  static Mask is_nan(Reg a) { return a != a; }
  static Reg select(Mask mask, Reg yes, Reg no) { return mask ? yes : no; }

  static float reduce_add(Reg x) { return (x[0] + x[2]) + (x[1] + x[3]); }
  static float reduce_max(Reg x) { return std::fmax(std::fmax(x[0], x[2]), std::fmax(x[1], x[3])); }
  static float reduce_min(Reg x) { return std::fmin(std::fmin(x[0], x[2]), std::fmin(x[1], x[3])); }

  /// Hints to bring the line at p near; never fault.
  static void prefetch_l1(const void* p) { __builtin_prefetch(p, 0, 3); }
  static void prefetch_l2(const void* p) { __builtin_prefetch(p, 0, 2); }

 private:
  template <typename Narrow>
  static Reg load_narrow(const Narrow* p, int64_t n) {
    Reg x{};
    for (int64_t i = 0; i < n; ++i) x[i] = static_cast<float>(p[i]);
    return x;
  }
  template <typename Narrow>
  static void store_narrow(Narrow* p, Reg x, int64_t n) {
    for (int64_t i = 0; i < n; ++i) p[i] = Narrow(x[i]);
  }
};

}  // namespace tn
