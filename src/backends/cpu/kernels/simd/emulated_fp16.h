// SPDX-License-Identifier: Apache-2.0
// For tests: Avx512Fp16 in plain C++, each operation rounded to fp16, so that kernels over it can be tested on any CPU.
#pragma once

#include <algorithm>

#include "backends/cpu/kernels/simd/generic.h"

namespace tn {

struct EmulatedFp16 : Generic {
  static constexpr int kHalves = 2 * kLanes;
  struct Pairs {
    Half at[kHalves];
  };

  static Pairs zero_pairs() { return {}; }
  static Pairs load_pairs(const void* p) {
    Pairs x;
    std::memcpy(&x, p, sizeof x);
    return x;
  }
  static Pairs set1_pair(const void* p) {
    Half pair[2];
    std::memcpy(pair, p, sizeof pair);
    return make([&](int i) { return pair[i % 2]; });
  }
  static Pairs set1_half(const void* p) {
    Half half;
    std::memcpy(&half, p, sizeof half);
    return make([&](int i) { return i % 2 ? Half{} : half; });
  }
  static Pairs set1_halves(float x) {
    return make([&](int) { return Half(x); });
  }
  static Pairs fma_pairs(const Pairs& a, const Pairs& b, const Pairs& c) {
    return make([&](int i) {
      return half_from_double(static_cast<double>(static_cast<float>(a.at[i])) * static_cast<float>(b.at[i]) +
                              static_cast<float>(c.at[i]));
    });
  }
  static Pairs add_halves(const Pairs& a, const Pairs& b) {
    return make([&](int i) { return Half(static_cast<float>(a.at[i]) + static_cast<float>(b.at[i])); });
  }
  static Pairs sub_halves(const Pairs& a, const Pairs& b) {
    return make([&](int i) { return Half(static_cast<float>(a.at[i]) - static_cast<float>(b.at[i])); });
  }
  static Pairs mul_halves(const Pairs& a, const Pairs& b) {
    return make([&](int i) { return Half(static_cast<float>(a.at[i]) * static_cast<float>(b.at[i])); });
  }
  static Pairs reciprocal_halves(const Pairs& x) {
    return make([&](int i) { return Half(1.0f / static_cast<float>(x.at[i])); });
  }
  static constexpr float kHalfExponentBias = 1536 + 15;
  static Pairs half_power_of_two(const Pairs& biased) {
    Pairs x;
    for (int i = 0; i < kHalves; ++i) x.at[i].bits = static_cast<uint16_t>(biased.at[i].bits << 10);
    return x;
  }
  static Pairs min_halves(const Pairs& a, const Pairs& b) {
    return make([&](int i) { return static_cast<float>(a.at[i]) < static_cast<float>(b.at[i]) ? a.at[i] : b.at[i]; });
  }
  static Pairs max_halves(const Pairs& a, const Pairs& b) {
    return make([&](int i) { return static_cast<float>(a.at[i]) > static_cast<float>(b.at[i]) ? a.at[i] : b.at[i]; });
  }
  static void split_pairs(const Pairs& a, const Pairs& b, Pairs& even, Pairs& odd) {
    even = make([&](int i) { return (i % 2 ? b : a).at[i / 2 * 2]; });
    odd = make([&](int i) { return (i % 2 ? b : a).at[i / 2 * 2 + 1]; });
  }
  static Pairs compact_pairs(const Pairs& p) {
    return make([&](int i) { return i < kLanes ? p.at[2 * i] : Half{}; });
  }
  static void add_halves_to(const Pairs& p, Reg& low, Reg& high) {
    low += load(p.at);
    high += load(p.at + kLanes);
  }
  static Pairs narrow_halves(const float* p, int64_t n) {
    return make([&](int i) { return i < n ? Half(p[i]) : Half{}; });
  }
  static Pairs load_halves(const Half* p, int64_t n) {
    return make([&](int i) { return i < n ? p[i] : Half{}; });
  }
  static void store_halves(Half* p, const Pairs& x, int64_t n) { std::copy(x.at, x.at + n, p); }

 private:
  template <typename Value>
  static Pairs make(Value&& value) {
    Pairs x;
    for (int i = 0; i < kHalves; ++i) x.at[i] = value(i);
    return x;
  }
};

}  // namespace tn
