// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tn {

/// Two vectors of V side by side, for functions (math.h) whose one chain of dependent operations would leave the
/// processor waiting. Whole vectors only.
template <typename V>
struct Twice {
  static constexpr int kLanes = 2 * V::kLanes;
  static constexpr float kExponentBias = V::kExponentBias;
  struct Reg {
    typename V::Reg low, high;
  };
  struct Mask {
    typename V::Mask low, high;
  };

  [[gnu::always_inline]] static Reg zero() { return {V::zero(), V::zero()}; }
  [[gnu::always_inline]] static Reg set1(float x) { return {V::set1(x), V::set1(x)}; }
  template <typename T>
  [[gnu::always_inline]] static Reg load(const T* p) {
    return {V::load(p), V::load(p + V::kLanes)};
  }
  template <typename T>
  [[gnu::always_inline]] static void store(T* p, Reg x) {
    V::store(p, x.low);
    V::store(p + V::kLanes, x.high);
  }

  [[gnu::always_inline]] static Reg add(Reg a, Reg b) { return {V::add(a.low, b.low), V::add(a.high, b.high)}; }
  [[gnu::always_inline]] static Reg sub(Reg a, Reg b) { return {V::sub(a.low, b.low), V::sub(a.high, b.high)}; }
  [[gnu::always_inline]] static Reg mul(Reg a, Reg b) { return {V::mul(a.low, b.low), V::mul(a.high, b.high)}; }
  [[gnu::always_inline]] static Reg div(Reg a, Reg b) { return {V::div(a.low, b.low), V::div(a.high, b.high)}; }
  [[gnu::always_inline]] static Reg fma(Reg a, Reg b, Reg c) {
    return {V::fma(a.low, b.low, c.low), V::fma(a.high, b.high, c.high)};
  }
  [[gnu::always_inline]] static Reg fnma(Reg a, Reg b, Reg c) {
    return {V::fnma(a.low, b.low, c.low), V::fnma(a.high, b.high, c.high)};
  }
  [[gnu::always_inline]] static Reg min(Reg a, Reg b) { return {V::min(a.low, b.low), V::min(a.high, b.high)}; }
  [[gnu::always_inline]] static Reg max(Reg a, Reg b) { return {V::max(a.low, b.low), V::max(a.high, b.high)}; }
  [[gnu::always_inline]] static Reg power_of_two(Reg x) { return {V::power_of_two(x.low), V::power_of_two(x.high)}; }
  [[gnu::always_inline]] static Mask less(Reg a, Reg b) { return {V::less(a.low, b.low), V::less(a.high, b.high)}; }
  [[gnu::always_inline]] static Reg select(Mask mask, Reg yes, Reg no) {
    return {V::select(mask.low, yes.low, no.low), V::select(mask.high, yes.high, no.high)};
  }
};

}  // namespace tn
