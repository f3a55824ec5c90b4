// SPDX-License-Identifier: Apache-2.0
// Where and Clip.
#include "ops/compose.h"
#include "ops/elementwise/function.h"

namespace tn::ops {
namespace {

struct Where final : OpBase<Where, ElementwiseN<3>> {
  static constexpr std::string_view kName = "Where";
  DataType result_type(std::span<const DataType> inputs) const override {
    check_accepts(Accepts::Bool, inputs[0]);
    return Elementwise::result_type(inputs.subspan(1));
  }
  Expr expression(std::span<const Expr> x) const override { return select(x[0], x[1], x[2]); }
  std::optional<Dims> value(const InferContext& context) const override {
    return map_values(context, [](std::span<const Dim> x) -> std::optional<Dim> {
      if (!x[0].is_constant()) return x[1] == x[2] ? std::optional(x[1]) : std::nullopt;
      return x[0] == Dim(0) ? x[2] : x[1];
    });
  }
};

/// min(max(x, low), high)
struct Clip final : OpBase<Clip, ElementwiseN<3>> {
  static constexpr std::string_view kName = "Clip";
  DataType result_type(std::span<const DataType> inputs) const override {
    check_accepts(Accepts::Number, Elementwise::result_type(inputs));
    return inputs[0];
  }
  Expr expression(std::span<const Expr> x) const override { return clamp(x[0], x[1], x[2]); }
  std::optional<Dims> value(const InferContext& context) const override {
    return map_values(
        context, [](std::span<const Dim> x) -> std::optional<Dim> { return Dim::min(Dim::max(x[0], x[1]), x[2]); });
  }
};

// Bounds became optional inputs in opset 11.
std::vector<TensorId> clip(NodeView& node, TensorId low, TensorId high) {
  const TensorId x = node.input(0);
  if (low != kNone && high != kNone) return {compose(node, "Clip", {x, low, high})};
  if (low != kNone) return {compose(node, "Max", {x, low})};
  if (high != kNone) return {compose(node, "Min", {x, high})};
  return {x};
}

std::vector<TensorId> import_clip_1(NodeView& node) {
  const TensorId x = node.input(0);
  return clip(node, node.has("min") ? scalar_like(node, node.number("min", 0), x) : kNone,
              node.has("max") ? scalar_like(node, node.number("max", 0), x) : kNone);
}

std::vector<TensorId> import_clip_11(NodeView& node) {
  return clip(node, node.has_input(1) ? node.input(1) : kNone, node.has_input(2) ? node.input(2) : kNone);
}

constexpr OnnxImporter kClipOnnx[] = {{"Clip", 1, import_clip_1}, {"Clip", 11, import_clip_11}};
constexpr std::string_view kWhere[] = {"Where(bool[2,1,5], f32[3,1], f32[])", "Where(bool[7], i64[7], i64[1])"};
constexpr std::string_view kClip[] = {"Clip(f32[2,3,5], f32[], f32[])", "Clip(i8[9], i8[], i8[])"};

}  // namespace

extern const OpEntry where_entry = entry<Where>(kImportSame<Where, 9>, kWhere);
extern const OpEntry clip_entry = entry<Clip>(kClipOnnx, kClip);

}  // namespace tn::ops
