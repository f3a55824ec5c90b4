// SPDX-License-Identifier: Apache-2.0
#include "ops/compose.h"
#include "ops/elementwise/function.h"

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
  template <typename V>
  void fields(V& v) {
    v("to", to);
  }
  DataType result_type(std::span<const DataType>) const override { return to; }
  // The rounding to a narrow type is part of the expression, so that it is kept inside a fused region.
  Expr expression(std::span<const Expr> x) const override {
    const ScalarType type = compute_type(to);
    if (to == DataType::F16 || to == DataType::BF16) {
      const Expr wide = x[0].type() == ScalarType::F32 ? x[0] : cast(x[0], ScalarType::F64);
      return cast(round_to(wide, to), type);  // rounded once
    }
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
  return node.add_all(std::move(op), {node.input(0)});
}

std::vector<TensorId> import_cast(NodeView& node) {
  return cast_input(node, node.data_type("to", DataType::F32));
}
std::vector<TensorId> import_cast_like(NodeView& node) {
  return cast_input(node, node.type(node.input(1)).type);
}

constexpr OnnxImporter kOnnx[] = {{"Cast", 1, import_cast}, {"CastLike", 15, import_cast_like}};
constexpr std::string_view kCases[] = {
    "Cast(f32[2,3,5]) {to=\"i32\"}", "Cast(f32[9]) {to=\"f16\"}",  "Cast(i64[9]) {to=\"f32\"}",
    "Cast(f64[9]) {to=\"bf16\"}",    "Cast(bool[9]) {to=\"f32\"}", "Cast(f32[9]) {to=\"bool\"}",
    "Cast(i32[9]) {to=\"u8\"}",
};

}  // namespace

extern const OpEntry cast_entry = entry<Cast>(kOnnx, kCases);

}  // namespace tn::ops
