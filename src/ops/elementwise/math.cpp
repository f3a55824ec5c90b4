// SPDX-License-Identifier: Apache-2.0
// Mathematical functions of one number.
#include "ops/elementwise/function.h"

namespace tn::ops {
namespace {

std::optional<Dim> negate_dim(const Dim& x) {
  return Dim(0) - x;
}
std::optional<Dim> abs_dim(const Dim& x) {
  if (possible_range(x).min >= 0) return x;
  return possible_range(x).max <= 0 ? std::optional(Dim(0) - x) : std::nullopt;
}
std::optional<Dim> sign_dim(const Dim& x) {
  if (x == Dim(0)) return Dim(0);
  if (possible_range(x).min > 0) return Dim(1);
  return possible_range(x).max < 0 ? std::optional(Dim(-1)) : std::nullopt;
}
Expr negate(const Expr& x) {
  return -x;
}

using Abs = Unary<"Abs", abs, Accepts::Number, abs_dim>;
using Neg = Unary<"Neg", negate, Accepts::Number, negate_dim>;
using Sign = Unary<"Sign", sign, Accepts::Number, sign_dim>;
using Ceil = Unary<"Ceil", ceil>;
using Floor = Unary<"Floor", floor>;
using Round = Unary<"Round", round>;
using Exp = Unary<"Exp", exp>;
using Log = Unary<"Log", log>;
using Sqrt = Unary<"Sqrt", sqrt>;
using Reciprocal = Unary<"Reciprocal", reciprocal>;
using Erf = Unary<"Erf", erf>;
using IsNan = Unary<"IsNaN", is_nan, Accepts::Float, nullptr, true>;

struct IsInf final : OpBase<IsInf, ElementwiseN<1>> {
  static constexpr std::string_view kName = "IsInf";
  bool detect_negative = true, detect_positive = true;
  template <typename V>
  void fields(V& v) {
    v("detect_negative", detect_negative);
    v("detect_positive", detect_positive);
  }
  Expr expression(std::span<const Expr> x) const override {
    if (detect_negative && detect_positive) return is_inf(x[0]);
    if (detect_negative) return is_inf(x[0]) & less(x[0], 0);
    if (detect_positive) return is_inf(x[0]) & greater(x[0], 0);
    return constant(0, ScalarType::Bool);
  }
  DataType result_type(std::span<const DataType> inputs) const override {
    check_accepts(Accepts::Float, inputs[0]);
    return DataType::Bool;
  }
};

constexpr std::string_view kAbs[] = {"Abs(f32[2,3,5])", "Abs(i8[9])", "Abs(i64[4])"};
constexpr std::string_view kNeg[] = {"Neg(f32[2,3,5])", "Neg(i32[9])"};
constexpr std::string_view kSign[] = {"Sign(f32[2,3,5])", "Sign(i64[9])", "Sign(u8[9])"};
constexpr std::string_view kCeil[] = {"Ceil(f32[2,3,5])", "Ceil(f16[7])"};
constexpr std::string_view kFloor[] = {"Floor(f32[2,3,5])", "Floor(f64[7])"};
constexpr std::string_view kRound[] = {"Round(f32[2,3,5])", "Round(bf16[7])"};
constexpr std::string_view kExp[] = {"Exp(f32[2,3,5])", "Exp(f64[7])"};
constexpr std::string_view kLog[] = {"Log(f32[2,3,5])", "Log(f16[7])"};
constexpr std::string_view kSqrt[] = {"Sqrt(f32[2,3,5])", "Sqrt(f16[7])"};
constexpr std::string_view kReciprocal[] = {"Reciprocal(f32[2,3,5])", "Reciprocal(f16[7])"};
constexpr std::string_view kErf[] = {"Erf(f32[2,3,5])", "Erf(f64[7])"};
constexpr std::string_view kIsNan[] = {"IsNaN(f32[2,3,5])", "IsNaN(f16[7])"};
constexpr std::string_view kIsInf[] = {"IsInf(f32[2,3,5])", "IsInf(f32[7]) {detect_negative=false}"};

}  // namespace

extern const OpEntry abs_entry = entry<Abs>(kImportSame<Abs, 1>, kAbs);
extern const OpEntry neg_entry = entry<Neg>(kImportSame<Neg, 1>, kNeg);
extern const OpEntry sign_entry = entry<Sign>(kImportSame<Sign, 9>, kSign);
extern const OpEntry ceil_entry = entry<Ceil>(kImportSame<Ceil, 1>, kCeil);
extern const OpEntry floor_entry = entry<Floor>(kImportSame<Floor, 1>, kFloor);
extern const OpEntry round_entry = entry<Round>(kImportSame<Round, 11>, kRound);
extern const OpEntry exp_entry = entry<Exp>(kImportSame<Exp, 1>, kExp);
extern const OpEntry log_entry = entry<Log>(kImportSame<Log, 1>, kLog);
extern const OpEntry sqrt_entry = entry<Sqrt>(kImportSame<Sqrt, 1>, kSqrt);
extern const OpEntry reciprocal_entry = entry<Reciprocal>(kImportSame<Reciprocal, 1>, kReciprocal);
extern const OpEntry erf_entry = entry<Erf>(kImportSame<Erf, 9>, kErf);
extern const OpEntry is_nan_entry = entry<IsNan>(kImportSame<IsNan, 9>, kIsNan);
extern const OpEntry is_inf_entry = entry<IsInf>(kImportSame<IsInf, 10>, kIsInf);

}  // namespace tn::ops
