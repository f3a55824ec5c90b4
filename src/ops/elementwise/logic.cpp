// SPDX-License-Identifier: Apache-2.0
// Truth, bits and comparisons.
#include "ops/elementwise/function.h"
#include "ops/text/text.h"

namespace tn::ops {
namespace {

Expr both(const Expr& a, const Expr& b) {
  return a & b;
}
Expr either(const Expr& a, const Expr& b) {
  return a | b;
}
Expr one_of(const Expr& a, const Expr& b) {
  return a ^ b;
}
Expr invert(const Expr& x) {
  return ~x;
}

std::optional<Dim> truth(bool value) {
  return Dim(value ? 1 : 0);
}
std::optional<Dim> less_dim(const Dim& a, const Dim& b) {
  const DimRange difference = possible_range(a - b);
  if (difference.max < 0) return truth(true);
  return difference.min >= 0 ? truth(false) : std::nullopt;
}
std::optional<Dim> not_dim(const Dim& x) {
  return x.is_constant() ? truth(x == Dim(0)) : std::nullopt;
}
std::optional<Dim> equal_dim(const Dim& a, const Dim& b) {
  if (a == b) return truth(true);
  const DimRange difference = possible_range(a - b);
  return difference.min > 0 || difference.max < 0 ? truth(false) : std::nullopt;
}
std::optional<Dim> greater_dim(const Dim& a, const Dim& b) {
  return less_dim(b, a);
}
std::optional<Dim> less_or_equal_dim(const Dim& a, const Dim& b) {
  const auto greater = less_dim(b, a);
  return greater ? not_dim(*greater) : std::nullopt;
}
std::optional<Dim> greater_or_equal_dim(const Dim& a, const Dim& b) {
  return less_or_equal_dim(b, a);
}
std::optional<Dim> and_dim(const Dim& a, const Dim& b) {
  if (a == Dim(0) || b == Dim(0)) return truth(false);
  return a == Dim(1) && b == Dim(1) ? truth(true) : std::nullopt;
}
std::optional<Dim> or_dim(const Dim& a, const Dim& b) {
  if (a == Dim(1) || b == Dim(1)) return truth(true);
  return a == Dim(0) && b == Dim(0) ? truth(false) : std::nullopt;
}

using And = Binary<"And", both, Accepts::Bool, and_dim>;
using Or = Binary<"Or", either, Accepts::Bool, or_dim>;
using Xor = Binary<"Xor", one_of, Accepts::Bool>;
using Not = Unary<"Not", invert, Accepts::Bool, not_dim>;
using BitwiseAnd = Binary<"BitwiseAnd", both, Accepts::Integer>;
using BitwiseOr = Binary<"BitwiseOr", either, Accepts::Integer>;
using BitwiseXor = Binary<"BitwiseXor", one_of, Accepts::Integer>;
using BitwiseNot = Unary<"BitwiseNot", invert, Accepts::Integer>;
using Equal = Binary<"Equal", equal, Accepts::Any, equal_dim, true>;
using Less = Binary<"Less", less, Accepts::Number, less_dim, true>;
using LessOrEqual = Binary<"LessOrEqual", less_or_equal, Accepts::Number, less_or_equal_dim, true>;
using Greater = Binary<"Greater", greater, Accepts::Number, greater_dim, true>;
using GreaterOrEqual = Binary<"GreaterOrEqual", greater_or_equal, Accepts::Number, greater_or_equal_dim, true>;

/// direction "LEFT" or "RIGHT"; right shifts of signed integers keep the sign.
struct BitShift final : OpBase<BitShift, ElementwiseN<2>> {
  static constexpr std::string_view kName = "BitShift";
  std::string direction = "LEFT";
  template <typename V>
  void fields(V& v) {
    v("direction", direction);
  }
  DataType result_type(std::span<const DataType> inputs) const override {
    model_check(direction == "LEFT" || direction == "RIGHT", "direction is '{}', not LEFT or RIGHT", direction);
    check_accepts(Accepts::Integer, Elementwise::result_type(inputs));
    return inputs[0];
  }
  Expr expression(std::span<const Expr> x) const override {
    return direction == "LEFT" ? shift_left(x[0], x[1]) : shift_right(x[0], x[1]);
  }
};

template <int kSince>
std::vector<TensorId> import_equal(NodeView& node) {
  if (node.has_strings(0)) return {node.add(std::make_shared<StringEqual>(), {node.strings(0), node.strings(1)})};
  return kSince < 7 ? import_legacy<Equal>(node) : import_same<Equal>(node);
}

constexpr OnnxImporter kImportEqual[] = {{"Equal", 1, import_equal<1>}, {"Equal", 7, import_equal<7>}};
constexpr std::string_view kAnd[] = {"And(bool[2,3,5], bool[3,1])"};
constexpr std::string_view kOr[] = {"Or(bool[2,3,5], bool[5])"};
constexpr std::string_view kXor[] = {"Xor(bool[2,3,5], bool[])"};
constexpr std::string_view kNot[] = {"Not(bool[2,3,5])"};
constexpr std::string_view kBitwiseAnd[] = {"BitwiseAnd(i32[2,3], i32[3])", "BitwiseAnd(u8[9], u8[1])"};
constexpr std::string_view kBitwiseOr[] = {"BitwiseOr(i16[2,3], i16[3])", "BitwiseOr(u64[9], u64[9])"};
constexpr std::string_view kBitwiseXor[] = {"BitwiseXor(i8[2,3], i8[3])", "BitwiseXor(u32[9], u32[9])"};
constexpr std::string_view kBitwiseNot[] = {"BitwiseNot(i32[2,3])", "BitwiseNot(u16[9])"};
constexpr std::string_view kEqual[] = {"Equal(f32[2,3,5], f32[3,1])", "Equal(i64[7], i64[7])",
                                       "Equal(bool[7], bool[7])"};
constexpr std::string_view kLess[] = {"Less(f32[2,3,5], f32[5])", "Less(u8[7], u8[7])"};
constexpr std::string_view kLessOrEqual[] = {"LessOrEqual(f32[2,3], f32[3])", "LessOrEqual(i32[7], i32[7])"};
constexpr std::string_view kGreater[] = {"Greater(f32[2,3], f32[])", "Greater(i64[7], i64[7])"};
constexpr std::string_view kGreaterOrEqual[] = {"GreaterOrEqual(f16[2,3], f16[3])", "GreaterOrEqual(u64[7], u64[7])"};
constexpr std::string_view kBitShift[] = {"BitShift(u8[9], u8[9])", "BitShift(u32[9], u32[1]) {direction=\"RIGHT\"}"};

}  // namespace

extern const OpEntry and_entry = entry<And>(kImportBinary<And>, kAnd);
extern const OpEntry or_entry = entry<Or>(kImportBinary<Or>, kOr);
extern const OpEntry xor_entry = entry<Xor>(kImportBinary<Xor>, kXor);
extern const OpEntry not_entry = entry<Not>(kImportSame<Not, 1>, kNot);
extern const OpEntry bitwise_and_entry = entry<BitwiseAnd>(kImportSame<BitwiseAnd, 18>, kBitwiseAnd);
extern const OpEntry bitwise_or_entry = entry<BitwiseOr>(kImportSame<BitwiseOr, 18>, kBitwiseOr);
extern const OpEntry bitwise_xor_entry = entry<BitwiseXor>(kImportSame<BitwiseXor, 18>, kBitwiseXor);
extern const OpEntry bitwise_not_entry = entry<BitwiseNot>(kImportSame<BitwiseNot, 18>, kBitwiseNot);
extern const OpEntry equal_entry = entry<Equal>(kImportEqual, kEqual);
extern const OpEntry less_entry = entry<Less>(kImportBinary<Less>, kLess);
extern const OpEntry less_or_equal_entry = entry<LessOrEqual>(kImportSame<LessOrEqual, 12>, kLessOrEqual);
extern const OpEntry greater_entry = entry<Greater>(kImportBinary<Greater>, kGreater);
extern const OpEntry greater_or_equal_entry = entry<GreaterOrEqual>(kImportSame<GreaterOrEqual, 12>, kGreaterOrEqual);
extern const OpEntry bit_shift_entry = entry<BitShift>(kImportSame<BitShift, 11>, kBitShift);

}  // namespace tn::ops
