// SPDX-License-Identifier: Apache-2.0
// The functions of the closed set as free functions and operators.
#include <array>
#include <limits>

#include "expr/node.h"

namespace tn {

namespace {

template <typename... Operands>
Expr make(ScalarFunction function, const Operands&... operands) {
  return call(function, std::array<Expr, sizeof...(operands)>{operands...});
}

}  // namespace

Expr call(ScalarFunction function, std::span<const Expr> operands, ScalarType result) {
  std::array<ScalarType, 3> types{};
  const size_t count = std::min<size_t>(operands.size(), 3);
  for (size_t k = 0; k < count; ++k) types[k] = operands[k].type();
  if (function != ScalarFunction::Cast)
    result = info_of(function).gives_bool ? ScalarType::Bool : types[count > 0 ? count - 1 : 0];
  if (function == ScalarFunction::RoundTo || count != operands.size() ||
      !types_fit(function, result, std::span(types).first(count))) {
    std::string list;
    for (const Expr& x : operands) list += fmt::format("{}{}", list.empty() ? "" : ", ", name_of(x.type()));
    throw Error(ErrorCode::InvalidArgument, "{}({}): the types do not fit; cast the operands", info_of(function).name,
                list);
  }
  return simplified(function, result, 0, operands);
}

Expr cast(const Expr& x, ScalarType type) {
  return call(ScalarFunction::Cast, std::span(&x, 1), type);
}

Expr round_to(const Expr& x, DataType narrow) {
  if (!round_to_fits(x.type(), narrow))
    throw Error(ErrorCode::InvalidArgument, "round_to: {} is no rounding of {}", name_of(narrow), name_of(x.type()));
  return simplified(ScalarFunction::RoundTo, x.type(), static_cast<uint64_t>(narrow), std::span(&x, 1));
}

using enum ScalarFunction;
// clang-format off
Expr select(const Expr& c, const Expr& a, const Expr& b) { return make(Select, c, a, b); }
Expr operator+(const Expr& a, const Expr& b) { return make(Add, a, b); }
Expr operator-(const Expr& a, const Expr& b) { return make(Sub, a, b); }
Expr operator*(const Expr& a, const Expr& b) { return make(Mul, a, b); }
Expr operator/(const Expr& a, const Expr& b) { return make(Div, a, b); }
Expr operator-(const Expr& x) { return make(Neg, x); }
Expr mod(const Expr& a, const Expr& b) { return make(Mod, a, b); }
Expr fmod(const Expr& a, const Expr& b) { return make(Fmod, a, b); }
Expr pow(const Expr& a, const Expr& b) { return make(Pow, a, b); }
Expr min(const Expr& a, const Expr& b) { return make(Min, a, b); }
Expr max(const Expr& a, const Expr& b) { return make(Max, a, b); }
Expr equal(const Expr& a, const Expr& b) { return make(Equal, a, b); }
Expr not_equal(const Expr& a, const Expr& b) { return make(NotEqual, a, b); }
Expr less(const Expr& a, const Expr& b) { return make(Less, a, b); }
Expr less_or_equal(const Expr& a, const Expr& b) { return make(LessOrEqual, a, b); }
Expr greater(const Expr& a, const Expr& b) { return make(Less, b, a); }
Expr greater_or_equal(const Expr& a, const Expr& b) { return make(LessOrEqual, b, a); }
Expr operator&(const Expr& a, const Expr& b) { return make(And, a, b); }
Expr operator|(const Expr& a, const Expr& b) { return make(Or, a, b); }
Expr operator^(const Expr& a, const Expr& b) { return make(Xor, a, b); }
Expr operator~(const Expr& x) { return make(Not, x); }
Expr shift_left(const Expr& a, const Expr& b) { return make(ShiftLeft, a, b); }
Expr shift_right(const Expr& a, const Expr& b) { return make(ShiftRight, a, b); }
Expr abs(const Expr& x) { return make(Abs, x); }
Expr sign(const Expr& x) { return make(Sign, x); }
Expr floor(const Expr& x) { return make(Floor, x); }
Expr ceil(const Expr& x) { return make(Ceil, x); }
Expr round(const Expr& x) { return make(Round, x); }
Expr trunc(const Expr& x) { return make(Trunc, x); }
Expr sqrt(const Expr& x) { return make(Sqrt, x); }
Expr rsqrt(const Expr& x) { return make(Rsqrt, x); }
Expr exp(const Expr& x) { return make(Exp, x); }
Expr log(const Expr& x) { return make(Log, x); }
Expr log1p(const Expr& x) { return make(Log1p, x); }
Expr expm1(const Expr& x) { return make(Expm1, x); }
Expr erf(const Expr& x) { return make(Erf, x); }
Expr sigmoid(const Expr& x) { return make(Sigmoid, x); }
Expr sin(const Expr& x) { return make(Sin, x); }
Expr cos(const Expr& x) { return make(Cos, x); }
Expr tan(const Expr& x) { return make(Tan, x); }
Expr asin(const Expr& x) { return make(Asin, x); }
Expr acos(const Expr& x) { return make(Acos, x); }
Expr atan(const Expr& x) { return make(Atan, x); }
Expr sinh(const Expr& x) { return make(Sinh, x); }
Expr cosh(const Expr& x) { return make(Cosh, x); }
Expr tanh(const Expr& x) { return make(Tanh, x); }
Expr asinh(const Expr& x) { return make(Asinh, x); }
Expr acosh(const Expr& x) { return make(Acosh, x); }
Expr atanh(const Expr& x) { return make(Atanh, x); }
Expr is_nan(const Expr& x) { return make(IsNan, x); }
Expr is_inf(const Expr& x) { return make(IsInf, x); }

Expr relu(const Expr& x) { return max(x, 0); }
Expr square(const Expr& x) { return x * x; }
Expr reciprocal(const Expr& x) { return 1 / x; }
Expr clamp(const Expr& x, const Expr& low, const Expr& high) { return min(max(x, low), high); }
Expr softplus(const Expr& x) { return max(x, 0) + log1p(exp(-abs(x))); }
// clang-format on

}  // namespace tn
