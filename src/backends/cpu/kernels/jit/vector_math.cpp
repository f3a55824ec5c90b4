// SPDX-License-Identifier: Apache-2.0
// Sources: polynomials for log and sinh are Cephes' (S. Moshier); those for exp, tanh and erf are
// minimax fits of the relative error (Lawson's iteration in 40 digits).
#include "backends/cpu/kernels/jit/vector_math.h"

#include <bit>
#include <cmath>

namespace tn::jit {

namespace {

constexpr float kLog2e = 1.44269504088896341f;
constexpr float kLn2High = 0.693359375f, kLn2Low = -2.12194440e-4f;
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kSmallestNormal = std::numeric_limits<float>::min();

/// NaN passes.
Value clip(Value x, float low, float high) {
  return min_or_second(f32(x, high), max_or_second(f32(x, low), x));
}

/// x = n ln 2 + r with |r| ≤ ln 2 / 2; the low bits of `biased` are those of n + 127.
struct Reduced {
  Value n, r, biased;
};
Reduced reduce_exp(Value x) {
  // Adding 3 * 2^22 rounds to an integer.
  constexpr float kRounder = 12582912.f + 127.f;
  const Value biased = fma(x, f32(x, kLog2e), kRounder), n = biased - kRounder;
  return {n, fnma(n, f32(x, kLn2Low), fnma(n, f32(x, kLn2High), x)), biased};
}

/// e^r - 1 for a reduced r.
Value expm1_reduced(Value r) {
  return fma(
      r * r,
      polynomial(r, {0.5f, 0.16666576266288757f, 0.04166685417294502f, 0.008363200351595879f, 0.0013901300262659788f}),
      r);
}

/// 2^n for integers n in [-126, 128]; 128 gives infinity.
Value power_of_two(const Reduced& reduced) {
  return shift_left(reduced.biased, 23);
}

/// e^x 2^shift, with gradual underflow.
Value exp_scaled(Value x, int shift) {
  const auto [n, r, biased] = reduce_exp(clip(x, -104.f, 90.f));
  const Value p = expm1_reduced(r) + 1.f;
  if (has_avx512(x)) return x.builder->make(VectorOp::ScalePower, {p, shift == 0 ? n : n + static_cast<float>(shift)});
  // In two steps, as 2^n alone may be out of range.
  const Value i = add_int(x.builder->make(VectorOp::F32ToI32, {n}), i32(x, shift));
  const Value half = shift_right_signed(i, 1);
  const Value first = shift_left(add_int(half, i32(x, 127)), 23);
  const Value second = shift_left(add_int(sub_int(i, half), i32(x, 127)), 23);
  return p * first * second;
}

Value exp(Value x) {
  return exp_scaled(x, 0);
}

Value expm1(Value x) {
  // One factor of two is kept back, so that 2^n does not overflow before the product does.
  const auto [n, r, biased] = reduce_exp(clip(x, -25.f, 89.f));
  const Value scale = shift_left(add_int(biased, i32(x, -1)), 23);
  const Value half = fma(expm1_reduced(r), scale, scale - 0.5f);
  return half + half;
}

Value sigmoid(Value x) {
  const Value minus = x ^ sign_bit(x), one = f32(x, 1.f);
  if (!has_avx512(x)) {
    // 2^128 is infinite here, so that results below 2^-127 become 0.
    const Reduced reduced = reduce_exp(clip(minus, -87.3f, 89.f));
    return one / fma(expm1_reduced(reduced.r) + 1.f, power_of_two(reduced), one);
  }
  const auto [n, r, biased] = reduce_exp(max_or_second(f32(x, -104.f), minus));
  const Value e = x.builder->make(VectorOp::ScalePower, {expm1_reduced(r) + 1.f, n});
  return and_not(less(x, f32(x, -87.3365f)), bounded_reciprocal(e + one));
}

Value tanh(Value value) {
  const Value x = clip(value, -9.02f, 9.02f), s = x * x;
  const Value p = polynomial(s, {1.f, 0.1368177980184555f, 0.0038706345949321985f, 2.8052258130628616e-05f,
                                 3.06857472764932e-08f, -1.2271838926991574e-11f});
  const Value q =
      polynomial(s, {1.f, 0.4701511263847351f, 0.02725435607135296f, 0.00039426362491212785f, 1.2904032473670668e-06f});
  return bounded_divide(x * p, q);
}

Value erf(Value value) {
  const Value x = clip(value, -3.93f, 3.93f), s = x * x;
  const Value p = polynomial(s, {1.1283791065216064f, 0.19052140414714813f, 0.05275624245405197f,
                                 0.0037687260191887617f, 0.00028462952468544245f, 2.0447373572096694e-06f});
  const Value q = polynomial(s, {1.f, 0.5021779537200928f, 0.11414971202611923f, 0.014975340105593204f,
                                 0.0011627109488472342f, 3.802360515692271e-05f});
  return bounded_divide(x * p, q);
}

/// (log(1 + f) - f + f^2 / 2) / f^3 for 1 + f in [sqrt(1/2), sqrt(2)].
Value log_tail(Value f) {
  return polynomial(f, {3.3333331174e-1f, -2.4999993993e-1f, 2.0000714765e-1f, -1.6668057665e-1f, 1.4249322787e-1f,
                        -1.2420140846e-1f, 1.1676998740e-1f, -1.1514610310e-1f, 7.0376836292e-2f});
}

/// log of x, which must be normal, positive and finite or is repaired by `log`.
Value log_positive(Value x) {
  // m in [sqrt(1/2), sqrt(2)): subtracting the bits of sqrt(1/2) puts the border of the exponent there.
  const Value offset = sub_int(x, i32(x, 0x3f3504f3));
  const Value exponent = shift_right_signed(offset, 23);
  const Value m = add_int(offset & i32(x, 0x007fffff), i32(x, 0x3f3504f3));
  const Value e = x.builder->make(VectorOp::I32ToF32, {exponent});
  const Value f = m - 1.f, z = f * f;
  const Value y = fma(e, f32(x, kLn2Low), f * z * log_tail(f));
  return fma(e, f32(x, kLn2High), f + fnma(z, f32(x, 0.5f), y));
}

Value log(Value x) {
  const Value tiny = less(x, f32(x, kSmallestNormal));
  const Value normal = blend(tiny, x * 8388608.f, x);
  const Value shift = tiny & f32(x, 23 * 0.693147180559945309f);
  const Value y = log_positive(normal) - shift;
  const Value zero = f32(x, 0.f);
  const Value special = blend(equal(x, zero), f32(x, -kInfinity),
                              blend(less(x, zero), f32(x, std::numeric_limits<float>::quiet_NaN()), x));
  // Everything but the positive finite numbers: 0, negatives, infinity and NaN.
  const Value finite = less(zero, x) & less(x, f32(x, kInfinity));
  return blend(finite, y, special);
}

Value log1p(Value x) {
  // log(u) + (x - (u - 1)) / u with u = 1 + x rounded; where u is 0 or infinite, log(u) is the answer.
  const Value u = x + 1.f;
  const Value correction = (x - (u - 1.f)) / u;
  const Value good = less(f32(x, 0.f), u) & less(u, f32(x, kInfinity));
  return log(u) + (correction & good);
}

Value sinh(Value x) {
  const Value a = absolute(x);
  const Value z = x * x;
  const Value small = fma(x * z, polynomial(z, {1.66667160211e-1f, 8.33028376239e-3f, 2.03721912945e-4f}), x);
  const Value e = exp_scaled(a, -1);
  const Value big = with_sign(e - f32(x, 0.25f) / e, x);
  return blend(less(a, f32(x, 1.f)), small, big);
}

Value cosh(Value x) {
  const Value e = exp_scaled(absolute(x), -1);
  return e + f32(x, 0.25f) / e;
}

Value asinh(Value x) {
  const Value a = absolute(x);
  const Value root = sqrt(fma(a, a, 1.f));
  const Value near = log1p(a + a * a / (root + 1.f));
  const Value far = log(a) + 0.693147180559945309f;
  return with_sign(blend(less(a, f32(x, 1e10f)), near, far), x);
}

Value acosh(Value x) {
  const Value t = x - 1.f;
  const Value near = log1p(t + sqrt(t) * sqrt(t + 2.f));
  const Value far = log(x) + 0.693147180559945309f;
  return blend(less(x, f32(x, 1e10f)), near, far);
}

Value atanh(Value x) {
  const Value a = absolute(x);
  return with_sign(log1p((a + a) / (f32(x, 1.f) - a)) * 0.5f, x);
}

/// x^n for a small n ≥ 1.
Value whole_power(Value x, int n) {
  if (n == 1) return x;
  const Value half = whole_power(x, n / 2), square = half * half;
  return n % 2 == 0 ? square : square * x;
}

/// x^y for a constant y that needs no logarithm.
std::optional<Value> constant_power(Value x, float y) {
  constexpr float kMost = 4;
  const float magnitude = std::fabs(y);
  if (magnitude >= 1 && magnitude <= kMost && magnitude == std::floor(magnitude)) {
    const Value power = whole_power(x, static_cast<int>(magnitude));
    return y > 0 ? power : f32(x, 1.f) / power;
  }
  if (y != 0.5f) return std::nullopt;
  return blend(equal(x, f32(x, -kInfinity)), f32(x, kInfinity), sqrt(x + 0.f));
}

/// y log(x) in two parts, for normal positive x.
struct LongProduct {
  Value high, low;
};
LongProduct times_log(Value x, Value y) {
  const Value offset = sub_int(x, i32(x, 0x3f3504f3));
  const Value e = x.builder->make(VectorOp::I32ToF32, {shift_right_signed(offset, 23)});
  const Value f = add_int(offset & i32(x, 0x007fffff), i32(x, 0x3f3504f3)) - 1.f;
  // log(1 + f) = f - f^2/2 + f^3 P(f), the first two terms exactly.
  const Value square = f * f, square_low = fma(f, f, square ^ sign_bit(x));
  const Value near = fnma(square, f32(x, 0.5f), f);
  const Value near_low = fnma(square_low, f32(x, 0.5f), fnma(square, f32(x, 0.5f), f - near));
  const Value low = fma(e, f32(x, kLn2Low), fma(f * square, log_tail(f), near_low));
  const Value exponent = e * kLn2High;
  const Value leading = exponent + near;
  const Value rest = (near - (leading - exponent)) + low;
  const Value high = leading + rest, high_low = rest - (high - leading);
  const Value product = y * high;
  const Value product_low = fma(y, high_low, fma(y, high, product ^ sign_bit(x)));
  return {product, product_low};
}

/// |x|^y as e^(y log |x|), then the signs and zeros; lanes of other extremes are left to `site`.
Value power(Value x, Value y, const CallSite& site) {
  const Value a = absolute(x), zero = f32(x, 0.f), infinity = f32(x, kInfinity);
  const auto [product, rest] = times_log(a, y);
  const Reduced reduced = reduce_exp(clip(product, -87.f, 88.f));
  const Value plain = (expm1_reduced(reduced.r + rest) + 1.f) * power_of_two(reduced);

  const Value half = y * 0.5f;
  const Value whole = equal(round_even(y), y), odd = and_not(equal(round_even(half), half), whole);
  const Value nan = and_not(whole, less(x, zero)) & f32(x, std::numeric_limits<float>::quiet_NaN());
  const Value of_zero = blend(less(zero, y), zero, blend(less(y, zero), infinity, f32(x, 1.f)));
  const Value is_zero = equal(a, zero);
  const Value result = (blend(is_zero, of_zero, plain) ^ (odd & x & sign_bit(x))) | nan;
  const Value easy = less_equal(f32(x, kSmallestNormal), a) & less(a, infinity) & less(absolute(product), f32(x, 87.f));
  const Value easy_zero = is_zero & equal(y, y);
  return x.builder->call_if_any((easy | easy_zero) ^ i32(x, -1), result, site, {x, y});
}

}  // namespace

Value absolute(Value x) {
  return x & i32(x, std::numeric_limits<int32_t>::max());
}

Value with_sign(Value magnitude, Value sign) {
  return magnitude ^ (sign & sign_bit(sign));
}

std::optional<Value> analytic(ScalarFunction function, Value x, Value y, const CallSite& site) {
  switch (function) {
    case ScalarFunction::Sqrt:
      return sqrt(x);
    case ScalarFunction::Rsqrt:
      return f32(x, 1.f) / sqrt(x);
    case ScalarFunction::Pow: {
      const VectorStep& exponent = x.builder->step(y);
      std::optional<Value> simple;
      if (exponent.op == VectorOp::Constant)
        simple = constant_power(x, std::bit_cast<float>(static_cast<uint32_t>(exponent.immediate)));
      return simple ? *simple : power(x, y, site);
    }
    case ScalarFunction::Exp:
      return exp(x);
    case ScalarFunction::Expm1:
      return expm1(x);
    case ScalarFunction::Log:
      return log(x);
    case ScalarFunction::Log1p:
      return log1p(x);
    case ScalarFunction::Erf:
      return erf(x);
    case ScalarFunction::Sigmoid:
      return sigmoid(x);
    case ScalarFunction::Sinh:
      return sinh(x);
    case ScalarFunction::Cosh:
      return cosh(x);
    case ScalarFunction::Tanh:
      return tanh(x);
    case ScalarFunction::Asinh:
      return asinh(x);
    case ScalarFunction::Acosh:
      return acosh(x);
    case ScalarFunction::Atanh:
      return atanh(x);
    default:
      return trigonometric(function, x, site);
  }
}

}  // namespace tn::jit
