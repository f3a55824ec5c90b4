// SPDX-License-Identifier: Apache-2.0
// Arithmetic between tensors under broadcasting.
#include "ops/elementwise/function.h"

namespace tn::ops {
namespace {

Expr add(const Expr& a, const Expr& b) {
  return a + b;
}
Expr subtract(const Expr& a, const Expr& b) {
  return a - b;
}
Expr multiply(const Expr& a, const Expr& b) {
  return a * b;
}
Expr divide(const Expr& a, const Expr& b) {
  return a / b;
}

std::optional<Dim> add_dim(const Dim& a, const Dim& b) {
  return a + b;
}
std::optional<Dim> subtract_dim(const Dim& a, const Dim& b) {
  return a - b;
}
std::optional<Dim> multiply_dim(const Dim& a, const Dim& b) {
  return a * b;
}
// Integer division truncates: it is the floor where both are positive.
std::optional<Dim> divide_dim(const Dim& a, const Dim& b) {
  if (b == Dim(0)) return std::nullopt;
  if (a.is_constant() && b.is_constant()) return Dim(*a.constant() / *b.constant());
  if (possible_range(a).min < 0 || possible_range(b).min <= 0) return std::nullopt;
  return Dim::floor_div(a, b);
}
std::optional<Dim> min_dim(const Dim& a, const Dim& b) {
  return smaller(a, b);
}
std::optional<Dim> max_dim(const Dim& a, const Dim& b) {
  return larger(a, b);
}

using Add = Binary<"Add", add, Accepts::Number, add_dim>;
using Sub = Binary<"Sub", subtract, Accepts::Number, subtract_dim>;
using Mul = Binary<"Mul", multiply, Accepts::Number, multiply_dim>;
using Div = Binary<"Div", divide, Accepts::Number, divide_dim>;
using Min = Variadic<"Min", min, Accepts::Number, min_dim>;
using Max = Variadic<"Max", max, Accepts::Number, max_dim>;
using Sum = Variadic<"Sum", add, Accepts::Number, add_dim>;

struct Mean final : OpBase<Mean, Elementwise> {
  static constexpr std::string_view kName = "Mean";
  int arity() const override { return -1; }
  DataType result_type(std::span<const DataType> inputs) const override {
    check_accepts(Accepts::Float, Elementwise::result_type(inputs));
    return inputs[0];
  }
  Expr expression(std::span<const Expr> x) const override {
    Expr sum = x[0];
    for (const Expr& next : x.subspan(1)) sum = sum + next;
    return sum / x.size();
  }
};

/// The result has the sign of the divisor, or with `fmod` of the dividend.
struct Mod final : OpBase<Mod, ElementwiseN<2>> {
  static constexpr std::string_view kName = "Mod";
  bool fmod = false;
  template <typename V>
  void fields(V& v) {
    v("fmod", fmod);
  }
  DataType result_type(std::span<const DataType> inputs) const override {
    check_accepts(Accepts::Number, Elementwise::result_type(inputs));
    return inputs[0];
  }
  Expr expression(std::span<const Expr> x) const override {
    if (fmod) return tn::fmod(x[0], x[1]);
    const Expr result = mod(x[0], x[1]);
    if (!is_float(result.type())) return result;
    const Expr zero = select(less(x[1], 0), constant(-0.0, result.type()), constant(0, result.type()));
    return select(equal(result, 0), zero, result);  // a zero too has the sign of the divisor
  }
  std::optional<Dims> value(const InferContext& context) const override {
    return map_values(context, [&](std::span<const Dim> x) -> std::optional<Dim> {
      if (possible_range(x[1]).min <= 0 || (fmod && possible_range(x[0]).min < 0)) return std::nullopt;
      return Dim::mod(x[0], x[1]);
    });
  }
};

/// The result has the type of the base.
struct Pow final : OpBase<Pow, ElementwiseN<2>> {
  static constexpr std::string_view kName = "Pow";
  DataType result_type(std::span<const DataType> inputs) const override {
    check_accepts(Accepts::Number, inputs[0]);
    check_accepts(Accepts::Number, inputs[1]);
    return inputs[0];
  }
  Expr expression(std::span<const Expr> x) const override {
    const ScalarType base = x[0].type();
    const ScalarType common = is_float(base) ? base : ScalarType::F64;
    return cast(pow(cast(x[0], common), cast(x[1], common)), base);
  }
};

constexpr std::string_view kAdd[] = {"Add(f32[2,3,5], f32[3,1])", "Add(f16[7], f16[])", "Add(i64[4], i64[4])",
                                     "Add(u8[9], u8[9])"};
constexpr std::string_view kSub[] = {"Sub(f32[2,3,5], f32[5])", "Sub(i32[4], i32[1])"};
constexpr std::string_view kMul[] = {"Mul(f32[2,1,5], f32[3,1])", "Mul(f64[7], f64[7])", "Mul(i8[9], i8[9])"};
constexpr std::string_view kDiv[] = {"Div(f32[2,3,5], f32[3,1])", "Div(i32[9], i32[9])"};
constexpr std::string_view kMin[] = {"Min(f32[2,3], f32[3], f32[])", "Min(i64[4])"};
constexpr std::string_view kMax[] = {"Max(f32[2,3], f32[3], f32[])", "Max(u8[4], u8[4])"};
constexpr std::string_view kSum[] = {"Sum(f32[2,3], f32[3], f32[])", "Sum(f16[4])"};
constexpr std::string_view kMean[] = {"Mean(f32[2,3], f32[3], f32[])", "Mean(f32[4])"};
constexpr std::string_view kMod[] = {"Mod(f32[2,3], f32[3]) {fmod=true}", "Mod(i32[9], i32[9])",
                                     "Mod(i64[9], i64[9]) {fmod=true}"};
constexpr std::string_view kPow[] = {"Pow(f32[2,3], f32[3])", "Pow(f32[4], i64[4])", "Pow(i32[4], f32[4])"};

}  // namespace

extern const OpEntry add_entry = entry<Add>(kImportBinary<Add>, kAdd);
extern const OpEntry sub_entry = entry<Sub>(kImportBinary<Sub>, kSub);
extern const OpEntry mul_entry = entry<Mul>(kImportBinary<Mul>, kMul);
extern const OpEntry div_entry = entry<Div>(kImportBinary<Div>, kDiv);
extern const OpEntry pow_entry = entry<Pow>(kImportBinary<Pow>, kPow);
extern const OpEntry mod_entry = entry<Mod>(kImportSame<Mod, 10>, kMod);
extern const OpEntry min_entry = entry<Min>(kImportSame<Min, 1>, kMin);
extern const OpEntry max_entry = entry<Max>(kImportSame<Max, 1>, kMax);
extern const OpEntry sum_entry = entry<Sum>(kImportSame<Sum, 1>, kSum);
extern const OpEntry mean_entry = entry<Mean>(kImportSame<Mean, 1>, kMean);

}  // namespace tn::ops
