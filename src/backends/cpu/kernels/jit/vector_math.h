// SPDX-License-Identifier: Apache-2.0
// The analytic functions on vectors of F32. Errors: info_of(function).max_ulp, held by the tests.
#pragma once

#include <initializer_list>
#include <limits>
#include <optional>

#include "backends/cpu/kernels/jit/vector_builder.h"

namespace tn::jit {

/// Writes `function` of F32 operands; nothing if it has no vector form and must be called lane by lane.
/// `site` is what to call where lanes leave the range of the vector form.
std::optional<Value> analytic(ScalarFunction function, Value x, Value y, const CallSite& site);

/// Its part for the functions of angles.
std::optional<Value> trigonometric(ScalarFunction function, Value x, const CallSite& site);

inline Value f32(Value like, float x) {
  return like.builder->f32(x);
}
inline Value i32(Value like, int32_t x) {
  return like.builder->i32(x);
}
inline Value sign_bit(Value like) {
  return i32(like, std::numeric_limits<int32_t>::min());
}

/// c[0] + c[1] x + … by Horner's rule.
inline Value polynomial(Value x, std::initializer_list<float> c) {
  const float* last = c.end() - 1;
  Value p = f32(x, *last);
  while (last != c.begin()) p = fma(p, x, *--last);
  return p;
}

inline bool has_avx512(Value like) {
  return like.builder->isa() == JitIsa::Avx512;
}

/// 1 / b for normal b below 2^126. Where division is slow: one Newton step from 14 bits.
inline Value bounded_reciprocal(Value b) {
  const Value one = f32(b, 1.f);
  if (!has_avx512(b)) return one / b;
  const Value y = b.builder->make(VectorOp::Reciprocal14, {b});
  return fma(y, fnma(b, y, one), y);
}

/// a / b for b as above, with the remainder taken into account.
inline Value bounded_divide(Value a, Value b) {
  if (!has_avx512(b)) return a / b;
  const Value y = bounded_reciprocal(b), quotient = a * y;
  return fma(fnma(b, quotient, a), y, quotient);
}

Value absolute(Value x);
/// |magnitude| with the sign of `sign`.
Value with_sign(Value magnitude, Value sign);

}  // namespace tn::jit
