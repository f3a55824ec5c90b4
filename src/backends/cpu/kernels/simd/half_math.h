// SPDX-License-Identifier: Apache-2.0
// Functions in fp16 arithmetic over vector types with Pairs (avx512fp16.h). Every function lets NaN through.
#pragma once

namespace tn::simd {

template <typename V>
[[gnu::always_inline]] inline typename V::Pairs clip_halves(typename V::Pairs x, float low, float high) {
  return V::min_halves(V::set1_halves(high), V::max_halves(V::set1_halves(low), x));
}

/// 1 / (1 + e^-x) to 3 ulp for x above -10.7, where it is 2e-5, and that below: e^-x = 2^n 2^r, and a polynomial in r.
template <typename V>
[[gnu::always_inline]] inline typename V::Pairs sigmoid_halves(typename V::Pairs value) {
  const auto c = [](float x) __attribute__((always_inline)) {
    return V::set1_halves(x);
  };
  const auto x = clip_halves<V>(value, -10.7f, 9.7f);
  // log2(e) in two parts, the first of which is exact in fp16.
  const auto bias = c(V::kHalfExponentBias), biased = V::fma_pairs(x, c(-1.4423828f), bias);
  const auto n = V::sub_halves(biased, bias);
  const auto r = V::fma_pairs(x, c(-3.1228e-4f), V::fma_pairs(x, c(-1.4423828f), V::sub_halves(V::zero_pairs(), n)));
  auto p = V::fma_pairs(r, c(0.0558f), c(0.2402f));
  p = V::fma_pairs(p, r, c(0.6931f));
  p = V::fma_pairs(p, r, c(1.0f));
  return V::reciprocal_halves(V::fma_pairs(p, V::half_power_of_two(biased), c(1.0f)));
}

/// x * sigmoid(x)
template <typename V>
[[gnu::always_inline]] inline typename V::Pairs silu_halves(typename V::Pairs x) {
  return V::mul_halves(V::max_halves(V::set1_halves(-10.7f), x), sigmoid_halves<V>(x));
}

}  // namespace tn::simd
