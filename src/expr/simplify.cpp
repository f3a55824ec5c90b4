// SPDX-License-Identifier: Apache-2.0
// Exact rewrites of one node whose operands are already simple.
#include <algorithm>
#include <array>
#include <optional>

#include "expr/node.h"

namespace tn {

namespace {

using enum ScalarFunction;
using Operands = std::span<const Expr>;

std::optional<Expr> fold(ScalarFunction function, ScalarType type, uint64_t payload, Operands operands) {
  std::array<ScalarValue, 3> values{};
  for (size_t k = 0; k < operands.size(); ++k) {
    if (!operands[k].is_constant()) return std::nullopt;
    values[k] = operands[k].value();
  }
  const ScalarInstruction step{function, type, 0, static_cast<uint16_t>(payload)};
  return constant_of(
      evaluate_step(step, operands[0].type(), std::span(values).first(operands.size()), FloatMode::Typed), type);
}

/// Whether every value of `from` survives a cast to `to`.
bool is_widening(ScalarType from, ScalarType to) {
  switch (to) {
    case ScalarType::F64:
      return from == ScalarType::F32 || from == ScalarType::I32 || from == ScalarType::Bool;
    case ScalarType::I64:
      return from == ScalarType::I32 || from == ScalarType::Bool;
    case ScalarType::F32:
    case ScalarType::I32:
    case ScalarType::U64:
      return from == ScalarType::Bool;
    case ScalarType::Bool:
      return false;
  }
  return false;
}

std::optional<Expr> simplify_cast(ScalarType type, const Expr& x) {
  if (x.type() == type) return x;
  if (x.function() != Cast) return std::nullopt;
  const Expr& inner = x.operands()[0];
  if (is_widening(inner.type(), x.type())) return cast(inner, type);
  return std::nullopt;
}

std::optional<Expr> simplify_round(uint64_t payload, const Expr& x) {
  const auto narrow = static_cast<DataType>(payload);
  // An F32 value is a double between casts in the definition (FloatMode::Double), where rounding to F32 is not nothing.
  if (storage_type(x.type()) == narrow && narrow != DataType::F32) return x;
  if (x.function() == RoundTo && x.narrow() == narrow) return x;
  return std::nullopt;
}

std::optional<Expr> simplify_unary(ScalarFunction function, const Expr& x) {
  const auto inner = [&](ScalarFunction f) { return x.function() == f; };
  switch (function) {
    case Neg:
      return inner(Neg) ? std::optional(x.operands()[0]) : std::nullopt;
    case Not:
      return inner(Not) ? std::optional(x.operands()[0]) : std::nullopt;
    case Abs:
      if (inner(Abs)) return x;
      if (inner(Neg)) return abs(x.operands()[0]);
      return std::nullopt;
    case Floor:
    case Ceil:
    case Round:
    case Trunc:
      return inner(Floor) || inner(Ceil) || inner(Round) || inner(Trunc) ? std::optional(x) : std::nullopt;
    default:
      return std::nullopt;
  }
}

std::optional<Expr> simplify_pow(const Expr& a, const Expr& b) {
  if (b.is_constant(1)) return a;
  if (b.is_constant(2)) return a * a;
  if (b.is_constant(0)) return constant(1, a.type());
  if (b.is_constant(-1)) return constant(1, a.type()) / a;
  return std::nullopt;
}

std::optional<Expr> simplify_binary(ScalarFunction function, const Expr& a, const Expr& b) {
  const bool number = !is_float(a.type()) && a.type() != ScalarType::Bool;
  switch (function) {
    case Add:
      if (b.is_constant(0)) return a;
      if (a.is_constant(0)) return b;
      if (b.function() == Neg) return a - b.operands()[0];
      return std::nullopt;
    case Sub:
      if (b.is_constant(0)) return a;
      if (b.function() == Neg) return a + b.operands()[0];
      return number && a == b ? std::optional(constant(0, a.type())) : std::nullopt;
    case Mul:
      if (b.is_constant(1)) return a;
      if (a.is_constant(1)) return b;
      if (a.is_constant(-1)) return -b;
      if (b.is_constant(-1)) return -a;
      if (number && (a.is_constant(0) || b.is_constant(0))) return constant(0, a.type());
      return std::nullopt;
    case Div:
      return b.is_constant(1) ? std::optional(a) : std::nullopt;
    case Pow:
      return simplify_pow(a, b);
    case Min:
    case Max:
    case And:
    case Or:
      return a == b ? std::optional(a) : std::nullopt;
    default:
      return std::nullopt;
  }
}

bool commutes(ScalarFunction function) {
  return function == Add || function == Mul || function == Equal || function == NotEqual || function == And ||
         function == Or || function == Xor;
}

}  // namespace

Expr simplified(ScalarFunction function, ScalarType type, uint64_t payload, Operands operands) {
  if (auto folded = fold(function, type, payload, operands)) return *folded;
  std::optional<Expr> simpler;
  if (function == Cast)
    simpler = simplify_cast(type, operands[0]);
  else if (function == RoundTo)
    simpler = simplify_round(payload, operands[0]);
  else if (operands.size() == 1)
    simpler = simplify_unary(function, operands[0]);
  else if (operands.size() == 2)
    simpler = simplify_binary(function, operands[0], operands[1]);
  else if (operands[0].is_constant())
    simpler = operands[0].value().i != 0 ? operands[1] : operands[2];
  else if (operands[1] == operands[2])
    simpler = operands[1];
  if (simpler) return *simpler;
  // A constant stands second, so that equal expressions get one form.
  if (commutes(function) && operands[0].is_constant()) {
    const std::array<Expr, 2> swapped = {operands[1], operands[0]};
    return make_node(function, type, payload, swapped);
  }
  return make_node(function, type, payload, operands);
}

}  // namespace tn
