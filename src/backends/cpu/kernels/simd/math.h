// SPDX-License-Identifier: Apache-2.0
// Functions over the vector types (generic.h); errors are measured in simd_test.cpp. Every function lets NaN through.
#pragma once

namespace tn::simd {

template <typename V>
[[gnu::always_inline]] inline typename V::Reg clip(typename V::Reg x, float low, float high) {
  return V::min(V::set1(high), V::max(V::set1(low), x));
}

/// e^x to 2 ulp: x = n ln 2 + r, a polynomial in r (Cephes), then 2^n. 0 below -104, infinity above 88.73.
template <typename V>
[[gnu::always_inline]] inline typename V::Reg exp(typename V::Reg value) {
  const auto x = clip<V>(value, -104.0f, 89.0f);
  const auto n = V::round(V::mul(x, V::set1(1.44269504088896341f)));
  const auto r = V::fnma(n, V::set1(-2.12194440e-4f), V::fnma(n, V::set1(0.693359375f), x));
  auto p = V::set1(1.9875691500e-4f);
  p = V::fma(p, r, V::set1(1.3981999507e-3f));
  p = V::fma(p, r, V::set1(8.3334519073e-3f));
  p = V::fma(p, r, V::set1(4.1665795894e-2f));
  p = V::fma(p, r, V::set1(1.6666665459e-1f));
  p = V::fma(p, r, V::set1(5.0000001201e-1f));
  p = V::add(V::fma(p, V::mul(r, r), r), V::set1(1.0f));
  return V::select(V::is_nan(value), value, V::ldexp(p, n));
}

/// 1 + e^-x, infinity from 2^127.5 on: what sigmoid and SiLU divide by. A minimax polynomial and one power of two.
template <typename V>
[[gnu::always_inline]] inline typename V::Reg one_plus_exp_minus(typename V::Reg value) {
  const auto x = V::sub(V::zero(), clip<V>(value, -89.0f, 87.0f));
  const auto bias = V::set1(V::kExponentBias), one = V::set1(1.0f);
  const auto biased = V::fma(x, V::set1(1.44269504088896341f), bias), n = V::sub(biased, bias);
  const auto r = V::fnma(n, V::set1(-2.12194440e-4f), V::fnma(n, V::set1(0.693359375f), x));
  auto p = V::set1(1.3901300262659788e-3f);
  p = V::fma(p, r, V::set1(8.3632003515958786e-3f));
  p = V::fma(p, r, V::set1(4.1666854172945022e-2f));
  p = V::fma(p, r, V::set1(1.6666576266288757e-1f));
  p = V::fma(p, r, V::set1(0.5f));
  p = V::add(V::fma(p, V::mul(r, r), r), one);
  return V::fma(p, V::power_of_two(biased), one);
}

template <typename V>
[[gnu::always_inline]] inline typename V::Reg sigmoid(typename V::Reg x) {
  return V::div(V::set1(1.0f), one_plus_exp_minus<V>(x));
}

/// x * sigmoid(x)
template <typename V>
[[gnu::always_inline]] inline typename V::Reg silu(typename V::Reg x) {
  return V::div(x, one_plus_exp_minus<V>(x));
}

/// The odd rational approximation that XLA and Eigen use, clipped where tanh is 1 in f32.
template <typename V>
[[gnu::always_inline]] inline typename V::Reg tanh(typename V::Reg value) {
  const auto x = clip<V>(value, -9.0f, 9.0f), s = V::mul(x, x);
  auto p = V::set1(-2.76076847742355e-16f);
  p = V::fma(p, s, V::set1(2.00018790482477e-13f));
  p = V::fma(p, s, V::set1(-8.60467152213735e-11f));
  p = V::fma(p, s, V::set1(5.12229709037114e-08f));
  p = V::fma(p, s, V::set1(1.48572235717979e-05f));
  p = V::fma(p, s, V::set1(6.37261928875436e-04f));
  p = V::fma(p, s, V::set1(4.89352455891786e-03f));
  auto q = V::set1(1.19825839466702e-06f);
  q = V::fma(q, s, V::set1(1.18534705686654e-04f));
  q = V::fma(q, s, V::set1(2.26843463243900e-03f));
  q = V::fma(q, s, V::set1(4.89352518554385e-03f));
  return V::div(V::mul(x, p), q);
}

/// The odd rational approximation that XLA and Eigen use, clipped where erf is 1 in f32.
template <typename V>
[[gnu::always_inline]] inline typename V::Reg erf(typename V::Reg value) {
  const auto x = clip<V>(value, -4.0f, 4.0f), s = V::mul(x, x);
  auto p = V::set1(-2.72614225801306e-10f);
  p = V::fma(p, s, V::set1(2.77068142495902e-08f));
  p = V::fma(p, s, V::set1(-2.10102402082508e-06f));
  p = V::fma(p, s, V::set1(-5.69250639462346e-05f));
  p = V::fma(p, s, V::set1(-7.34990630326855e-04f));
  p = V::fma(p, s, V::set1(-2.95459980854025e-03f));
  p = V::fma(p, s, V::set1(-1.60960333262415e-02f));
  auto q = V::set1(-1.45660718464996e-05f);
  q = V::fma(q, s, V::set1(-2.13374055278905e-04f));
  q = V::fma(q, s, V::set1(-1.68282697438203e-03f));
  q = V::fma(q, s, V::set1(-7.37332916720468e-03f));
  q = V::fma(q, s, V::set1(-1.42647390514189e-02f));
  return V::div(V::mul(x, p), q);
}

}  // namespace tn::simd
