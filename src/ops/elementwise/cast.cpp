// SPDX-License-Identifier: Apache-2.0
#include "ops/compose.h"
#include "ops/elementwise/function.h"
#include "ops/elementwise/small_float.h"
#include "ops/text/text.h"

namespace tn::ops {
namespace {

std::optional<Dim> not_zero(const Dim& x) {
  const DimRange range = possible_range(x);
  if (range.min > 0 || range.max < 0) return Dim(1);
  return x == Dim(0) ? std::optional(Dim(0)) : std::nullopt;
}

/// Conversion between element types. Floats to integers truncate toward zero; integers to narrower integers wrap.
struct Cast final : OpBase<Cast, ElementwiseN<1>> {
  static constexpr std::string_view kName = "Cast";
  DataType to = DataType::F32;
  bool saturate = true;  ///< to small floats
  PowerOfTwo round_mode = PowerOfTwo::Up;
  template <typename V>
  void fields(V& v) {
    v("to", to);
    v("saturate", saturate);
    v("round_mode", round_mode);
  }
  DataType result_type(std::span<const DataType>) const override { return to; }
  // The rounding to a narrow type is part of the expression, so that it is kept inside a fused region.
  Expr expression(std::span<const Expr> x) const override {
    const ScalarType type = compute_type(to);
    if (to == DataType::F16 || to == DataType::BF16) {
      const Expr wide = x[0].type() == ScalarType::F32 ? x[0] : cast(x[0], ScalarType::F64);
      return cast(round_to(wide, to), type);  // rounded once
    }
    if (is_small_float(to)) return to_small_float(x[0], to, saturate, round_mode);
    const Expr result = cast(x[0], type);
    return storage_type(type) == to ? result : round_to(result, to);
  }
  std::optional<Dims> value(const InferContext& context) const override {
    if (to == DataType::Bool) return map_values(context, [](std::span<const Dim> x) { return not_zero(x[0]); });
    // Extents stay what they are in wide types, floats included: exporters count in floats, too.
    const Dims* x = context.value(0);
    const bool wide = size_of(to) >= 4 && (is_integer(to) || is_float(to));
    return x && wide ? std::optional(*x) : std::nullopt;
  }
};

std::vector<TensorId> cast_input(NodeView& node, DataType to) {
  auto op = std::make_shared<Cast>();
  op->to = to;
  if (is_small_float(to)) {
    op->set_attributes({{"saturate", node.integer("saturate", 1) != 0}, {"round_mode", node.text("round_mode", "up")}});
  }
  const TensorId x = node.has_strings(0) ? node.add(std::make_shared<StringParse>(), {node.strings(0)}) : node.input(0);
  return node.add_all(std::move(op), {x});
}

std::vector<TensorId> cast_to_strings(NodeView& node) {
  node.give(0, node.has_strings(0) ? node.value(0)
                                   : import::Strings{node.add(std::make_shared<StringPrint>(), {node.input(0)})});
  return {};
}

std::vector<TensorId> import_cast(NodeView& node) {
  constexpr int64_t kString = 8;  // TensorProto.STRING
  if (node.version >= 6 && node.integer("to", 0) == kString) return cast_to_strings(node);
  return cast_input(node, node.data_type("to", DataType::F32));
}
std::vector<TensorId> import_cast_like(NodeView& node) {
  return node.has_strings(1) ? cast_to_strings(node) : cast_input(node, node.type(node.input(1)).type);
}

constexpr OnnxImporter kOnnx[] = {{"Cast", 1, import_cast}, {"CastLike", 15, import_cast_like}};
constexpr std::string_view kCases[] = {
    "Cast(f32[2,3,5]) {to=\"i32\"}",
    "Cast(f32[9]) {to=\"f16\"}",
    "Cast(i64[9]) {to=\"f32\"}",
    "Cast(f64[9]) {to=\"bf16\"}",
    "Cast(bool[9]) {to=\"f32\"}",
    "Cast(f32[9]) {to=\"bool\"}",
    "Cast(i32[9]) {to=\"u8\"}",
    "Cast(f32[60]) {to=\"f8e4m3fn\"}",
    "Cast(f16[60]) {to=\"f8e5m2\", saturate=false}",
    "Cast(f64[60]) {to=\"f8e4m3fnuz\"}",
    "Cast(f32[60]) {to=\"f8e5m2fnuz\", saturate=false}",
    "Cast(f32[60]) {to=\"f8e8m0\", round_mode=\"nearest\"}",
    "Cast(f32[60]) {to=\"f8e8m0\", round_mode=\"down\"}",
    "Cast(i32[60]) {to=\"f6e2m3\"}",
    "Cast(bf16[60]) {to=\"f4e2m1\"}",
    "Cast(f8e4m3fn[60]) {to=\"f32\"}",
    "Cast(f8e8m0[60]) {to=\"f16\"}",
    "Cast(f4e2m1[60]) {to=\"f8e5m2\"}",
    "Cast(f32[60]) {to=\"i4\"}",
    "Cast(i8[60]) {to=\"u2\"}",
    "Cast(i4[60]) {to=\"f32\"}",
    "Cast(u4[60]) {to=\"i2\"}",
};

}  // namespace

extern const OpEntry cast_entry = entry<Cast>(kOnnx, kCases);

}  // namespace tn::ops
