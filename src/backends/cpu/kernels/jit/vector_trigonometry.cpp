// SPDX-License-Identifier: Apache-2.0
// Polynomials for sin, cos, tan and asin are Cephes' (S. Moshier); the quotient for atan is a minimax fit of the
// relative error.
#include "backends/cpu/kernels/jit/vector_math.h"

namespace tn::jit {

namespace {

/// x = n pi/2 + r with |r| ≤ pi/4, for |x| ≤ 2^15; n as an integer.
struct Quarter {
  Value n, r;
};
Quarter reduce_quarter(Value x) {
  const Value n = round_even(x * 0.636619772367581343f);
  Value r = fnma(n, f32(x, 1.5707963705062866f), x);
  r = fnma(n, f32(x, -4.371138828673793e-08f), r);
  r = fnma(n, f32(x, -1.7151245100058819e-15f), r);
  return {n.builder->make(VectorOp::F32ToI32, {n}), r};
}

Value sin_reduced(Value r) {
  const Value z = r * r;
  return fma(r * z, polynomial(z, {-1.6666654611e-1f, 8.3321608736e-3f, -1.9515295891e-4f}), r);
}

Value cos_reduced(Value r) {
  const Value z = r * r;
  const Value p = polynomial(z, {4.166664568298827e-002f, -1.388731625493765e-003f, 2.443315711809948e-005f});
  return fma(z * z, p, fma(z, f32(r, -0.5f), 1.f));
}

/// sin(x + quarters pi/2).
Value sine(Value x, int quarters) {
  const auto [n, r] = reduce_quarter(x);
  const Value quadrant = quarters == 0 ? n : add_int(n, i32(x, quarters));
  const Value odd = x.builder->make(VectorOp::EqualI, {quadrant & i32(x, 1), i32(x, 1)});
  const Value sign = shift_left(quadrant & i32(x, 2), 30);
  return blend(odd, cos_reduced(r), sin_reduced(r)) ^ sign;
}

Value tan(Value x) {
  const auto [n, r] = reduce_quarter(x);
  const Value z = r * r;
  const Value t = fma(r * z,
                      polynomial(z, {3.33331568548e-1f, 1.33387994085e-1f, 5.34112807005e-2f, 2.44301354525e-2f,
                                     3.11992232697e-3f, 9.38540185543e-3f}),
                      r);
  const Value odd = x.builder->make(VectorOp::EqualI, {n & i32(x, 1), i32(x, 1)});
  return blend(odd, f32(x, -1.f) / t, t);
}

/// asin(sqrt(z)) / sqrt(z) - 1, z ≤ 1/4.
Value asin_tail(Value z) {
  return z * polynomial(z, {1.6666752422e-1f, 7.4953002686e-2f, 4.5470025998e-2f, 2.4181311049e-2f, 4.2163199048e-2f});
}

Value asin(Value x) {
  const Value a = absolute(x);
  const Value big = less(f32(x, 0.5f), a);
  const Value z = blend(big, fnma(a, f32(x, 0.5f), f32(x, 0.5f)), a * a);
  const Value s = blend(big, sqrt(z), a);
  const Value y = fma(s, asin_tail(z), s);
  // pi/2 - 2y, the constant in two parts.
  const Value far = f32(x, 1.5707963705062866f) - (y + y + 4.371138828673793e-08f);
  return with_sign(blend(big, far, y), x);
}

Value acos(Value x) {
  const Value a = absolute(x);
  const Value big = less(f32(x, 0.5f), a);
  const Value z = blend(big, fnma(a, f32(x, 0.5f), f32(x, 0.5f)), a * a);
  const Value s = blend(big, sqrt(z), x);
  const Value y = fma(s, asin_tail(z), s);
  const Value positive = y + y;
  const Value negative = f32(x, 3.1415927410125732f) - (positive + 8.742277657347586e-08f);
  const Value far = blend(less(x, f32(x, 0.f)), negative, positive);
  const Value near = f32(x, 1.5707963705062866f) - (y + 4.371138828673793e-08f);
  return blend(big, far, near);
}

Value atan(Value x) {
  const Value a = absolute(x);
  const Value big = less(f32(x, 1.f), a);
  const Value t = blend(big, f32(x, 1.f) / a, a), s = t * t;
  const Value p = polynomial(s, {1.f, 1.129051923751831f, 0.2861504554748535f, 0.008895893581211567f});
  const Value q = polynomial(s, {1.f, 1.4623851776123047f, 0.5736148953437805f, 0.05045777186751366f});
  const Value y = bounded_divide(t * p, q);
  const Value far = f32(x, 1.5707963705062866f) - (y + 4.371138828673793e-08f);
  return with_sign(blend(big, far, y), x);
}

/// The vector form holds up to 2^15; beyond it the reduction needs more digits of pi.
Value guarded(Value x, Value y, const CallSite& site) {
  const Value small = less_equal(absolute(x), f32(x, 32768.f));
  return x.builder->call_if_any(small ^ i32(x, -1), y, site, {x});
}

}  // namespace

std::optional<Value> trigonometric(ScalarFunction function, Value x, const CallSite& site) {
  switch (function) {
    case ScalarFunction::Sin:
      return guarded(x, sine(x, 0), site);
    case ScalarFunction::Cos:
      return guarded(x, sine(x, 1), site);
    case ScalarFunction::Tan:
      return guarded(x, tan(x), site);
    case ScalarFunction::Asin:
      return asin(x);
    case ScalarFunction::Acos:
      return acos(x);
    case ScalarFunction::Atan:
      return atan(x);
    default:
      return std::nullopt;
  }
}

}  // namespace tn::jit
