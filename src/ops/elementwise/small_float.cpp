// SPDX-License-Identifier: Apache-2.0
#include "ops/elementwise/small_float.h"

#include "base/small_float.h"

namespace tn::ops {
namespace {

// round_to() gives the power above.
Expr power_of_two(const Expr& x, PowerOfTwo rounding) {
  const Expr above = round_to(x, DataType::F8E8M0), below = above * 0.5;
  switch (rounding) {
    case PowerOfTwo::Down:
      return select(less(x, above), round_to(below, DataType::F8E8M0), above);
    case PowerOfTwo::Nearest:
      return select(less(x, above * 0.75), round_to(below, DataType::F8E8M0), above);
    default:
      return above;
  }
}

}  // namespace

Expr to_small_float(const Expr& x, DataType type, bool saturate, PowerOfTwo rounding) {
  const Expr number = x.type() == ScalarType::F32 ? x : cast(x, ScalarType::F64);
  const bool has_sign = type != DataType::F8E8M0;
  const double max = small_float_max(type);
  const Expr inside = saturate ? clamp(number, has_sign ? -max : 0, max) : number;
  return cast(has_sign ? round_to(inside, type) : power_of_two(inside, rounding), ScalarType::F32);
}

}  // namespace tn::ops
