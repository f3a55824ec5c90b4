// SPDX-License-Identifier: Apache-2.0
// Scalar expressions of fused elementwise regions: what ops define themselves with, what passes fuse, and what is
// lowered to a ScalarProgram. An op says, for instance:
//   struct Mish { static Expr expression(std::span<const Expr> x) { return x[0] * tanh(softplus(x[0])); } };
#pragma once

#include <concepts>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "program/scalar_program.h"

namespace tn {

/// A value: an immutable tree whose equal parts count as one. Cheap to copy; safe to share between threads.
/// Expressions simplify as they are made, but only where every input gives the same bits (NaN payloads and the sign of
/// a zero sum apart).
class Expr {
 public:
  ScalarFunction function() const;
  ScalarType type() const;
  std::span<const Expr> operands() const;
  /// Input: its index.
  int index() const;
  /// Constant: its value. F32 constants are rounded to float.
  ScalarValue value() const;
  /// RoundTo: the type rounded to.
  DataType narrow() const;
  bool is_input() const { return function() == ScalarFunction::Input; }
  bool is_constant() const { return function() == ScalarFunction::Constant; }
  bool is_constant(double value) const;
  /// Equal for equal structures.
  const Hash& hash() const;
  friend bool operator==(const Expr& a, const Expr& b) { return a.hash() == b.hash(); }

  struct Node;
  explicit Expr(std::shared_ptr<const Node> node) : node_(std::move(node)) {}

 private:
  std::shared_ptr<const Node> node_;
};

Expr input(int index, ScalarType type = ScalarType::F32);
/// Rounds (floats) or saturates (integers) `value` to the type.
Expr constant(double value, ScalarType type = ScalarType::F32);
Expr constant_int(int64_t value, ScalarType type = ScalarType::I64);

/// Any function but Input, Constant and RoundTo. `result` matters for Cast only. Throws Error(InvalidArgument) where
/// the types do not fit: operands are never cast silently.
Expr call(ScalarFunction function, std::span<const Expr> operands, ScalarType result = ScalarType::F32);
Expr cast(const Expr& x, ScalarType type);
Expr round_to(const Expr& x, DataType narrow);
/// c is Bool; a where it is true.
Expr select(const Expr& c, const Expr& a, const Expr& b);

// clang-format off
Expr operator+(const Expr& a, const Expr& b);
Expr operator-(const Expr& a, const Expr& b);
Expr operator*(const Expr& a, const Expr& b);
Expr operator/(const Expr& a, const Expr& b);
Expr operator-(const Expr& x);
Expr mod(const Expr& a, const Expr& b);
Expr fmod(const Expr& a, const Expr& b);
Expr pow(const Expr& a, const Expr& b);
Expr min(const Expr& a, const Expr& b);
Expr max(const Expr& a, const Expr& b);
Expr equal(const Expr& a, const Expr& b);
Expr not_equal(const Expr& a, const Expr& b);
Expr less(const Expr& a, const Expr& b);
Expr less_or_equal(const Expr& a, const Expr& b);
Expr greater(const Expr& a, const Expr& b);
Expr greater_or_equal(const Expr& a, const Expr& b);
Expr operator&(const Expr& a, const Expr& b);
Expr operator|(const Expr& a, const Expr& b);
Expr operator^(const Expr& a, const Expr& b);
Expr operator~(const Expr& x);  ///< logical not of a Bool
Expr shift_left(const Expr& a, const Expr& b);
Expr shift_right(const Expr& a, const Expr& b);
Expr abs(const Expr& x);     Expr sign(const Expr& x);
Expr floor(const Expr& x);   Expr ceil(const Expr& x);
Expr round(const Expr& x);   Expr trunc(const Expr& x);
Expr sqrt(const Expr& x);    Expr rsqrt(const Expr& x);
Expr exp(const Expr& x);     Expr log(const Expr& x);
Expr log1p(const Expr& x);   Expr expm1(const Expr& x);
Expr erf(const Expr& x);     Expr sigmoid(const Expr& x);
Expr sin(const Expr& x);     Expr cos(const Expr& x);    Expr tan(const Expr& x);
Expr asin(const Expr& x);    Expr acos(const Expr& x);   Expr atan(const Expr& x);
Expr sinh(const Expr& x);    Expr cosh(const Expr& x);   Expr tanh(const Expr& x);
Expr asinh(const Expr& x);   Expr acosh(const Expr& x);  Expr atanh(const Expr& x);
Expr is_nan(const Expr& x);  Expr is_inf(const Expr& x);
// clang-format on

// Shorthand for compositions.
Expr relu(const Expr& x);
Expr square(const Expr& x);
Expr reciprocal(const Expr& x);
Expr clamp(const Expr& x, const Expr& low, const Expr& high);
/// log(1 + exp(x)) without overflow.
Expr softplus(const Expr& x);

/// Numbers beside an expression take its type.
template <typename T>
concept Number = std::integral<T> || std::floating_point<T>;
Expr number_like(double value, const Expr& like);

// clang-format off
template <Number T> Expr operator+(const Expr& a, T b) { return a + number_like(static_cast<double>(b), a); }
template <Number T> Expr operator-(const Expr& a, T b) { return a - number_like(static_cast<double>(b), a); }
template <Number T> Expr operator*(const Expr& a, T b) { return a * number_like(static_cast<double>(b), a); }
template <Number T> Expr operator/(const Expr& a, T b) { return a / number_like(static_cast<double>(b), a); }
template <Number T> Expr operator+(T a, const Expr& b) { return number_like(static_cast<double>(a), b) + b; }
template <Number T> Expr operator-(T a, const Expr& b) { return number_like(static_cast<double>(a), b) - b; }
template <Number T> Expr operator*(T a, const Expr& b) { return number_like(static_cast<double>(a), b) * b; }
template <Number T> Expr operator/(T a, const Expr& b) { return number_like(static_cast<double>(a), b) / b; }
template <Number T> Expr pow(const Expr& a, T b) { return pow(a, number_like(static_cast<double>(b), a)); }
template <Number T> Expr min(const Expr& a, T b) { return min(a, number_like(static_cast<double>(b), a)); }
template <Number T> Expr max(const Expr& a, T b) { return max(a, number_like(static_cast<double>(b), a)); }
template <Number T> Expr equal(const Expr& a, T b) { return equal(a, number_like(static_cast<double>(b), a)); }
template <Number T> Expr not_equal(const Expr& a, T b) { return not_equal(a, number_like(static_cast<double>(b), a)); }
template <Number T> Expr less(const Expr& a, T b) { return less(a, number_like(static_cast<double>(b), a)); }
template <Number T> Expr less_or_equal(const Expr& a, T b) { return less_or_equal(a, number_like(static_cast<double>(b), a)); }
template <Number T> Expr greater(const Expr& a, T b) { return greater(a, number_like(static_cast<double>(b), a)); }
template <Number T> Expr greater_or_equal(const Expr& a, T b) { return greater_or_equal(a, number_like(static_cast<double>(b), a)); }
template <Number T, Number U> Expr clamp(const Expr& x, T low, U high) {
  return clamp(x, number_like(static_cast<double>(low), x), number_like(static_cast<double>(high), x));
}
// clang-format on

/// Replaces Input k by inputs[k], whose type must be the input's. Fuses chains.
Expr substitute(const Expr& expr, std::span<const Expr> inputs);
std::vector<Expr> substitute(std::span<const Expr> exprs, std::span<const Expr> inputs);
/// One more than the largest input index used; 0 without inputs.
int input_count(std::span<const Expr> exprs);
/// Distinct operations (inputs and constants not counted): the work per element, for fusion limits.
int operation_count(std::span<const Expr> exprs);

/// Common subexpressions are computed once. inputs[k] of the program is Input k; an index that is not used is F32.
/// `inputs`, where given, says how many there are and their types. Throws Error(Unsupported) beyond the program's
/// limits.
ScalarProgram lower(std::span<const Expr> results, std::span<const ScalarType> inputs = {});
/// The way back.
std::vector<Expr> raise(const ScalarProgram& program);

/// "mul(in0, tanh(log1p(exp(in0))))". What is used twice gets a name first: "t0 = exp(in0); div(t0, add(t0, 1))".
/// Several results stand beside each other: "r; s". f32 goes without saying: in0:i64, 3:i64, cast:i64(in0),
/// round_to:f16(in0).
std::string to_string(const Expr& expr);
std::string to_string(std::span<const Expr> results);
/// Reads what to_string writes. Throws Error(InvalidArgument) with the place.
std::vector<Expr> parse_exprs(std::string_view text);

}  // namespace tn
