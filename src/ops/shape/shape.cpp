// SPDX-License-Identifier: Apache-2.0
#include "ops/shape/shape.h"

#include "ops/entry.h"

namespace tn::ops {
namespace {

Dims extents(const ShapeAttributes& a, const TensorType& x) {
  const auto [first, last] = a.range(x.rank());
  return {x.dims.begin() + first, x.dims.begin() + last};
}

}  // namespace

std::vector<TensorType> ShapeOf::infer(const InferContext& context) const {
  return {{DataType::I64, {static_cast<int64_t>(extents(*this, context.type(0)).size())}}};
}

std::optional<Dims> ShapeOf::value(const InferContext& context) const {
  return extents(*this, context.type(0));
}

std::vector<TensorType> Size::infer(const InferContext& context) const {
  context.type(0);
  return {{DataType::I64, {}}};
}

std::optional<Dims> Size::value(const InferContext& context) const {
  return Dims{product(extents(*this, context.type(0)))};
}

ShapeValue::ShapeValue(const Dims& elements, bool is_scalar, DataType element_type)
    : scalar(is_scalar), type(element_type) {
  for (const Dim& dim : elements) dims.push_back(dim.to_string());
}

std::vector<TensorType> ShapeValue::infer(const InferContext& context) const {
  model_check(context.inputs() == 0, "it takes no inputs");
  model_check(!scalar || dims.size() == 1, "a scalar has one element, not {}", dims.size());
  for (const std::string& text : dims) Dim::parse(text);
  return {{type, scalar ? Dims{} : Dims{static_cast<int64_t>(dims.size())}}};
}

std::optional<Dims> ShapeValue::value(const InferContext&) const {
  Dims result;
  for (const std::string& text : dims) result.push_back(Dim::parse(text));
  return result;
}

namespace {

std::vector<TensorId> import_constant(NodeView& node) {
  if (const ConstantPtr value = node.tensor("value")) return {node.add_constant(value)};
  if (node.has("value_int"))
    return {node.add_constant(Constant::make(
        DataType::I64, {}, [&](const TensorView& view) { store_int64(view, 0, node.integer("value_int", 0)); }))};
  if (node.has("value_ints")) return {node.add_integers(node.integers("value_ints"))};
  if (node.has("value_float"))
    return {node.add_constant(Constant::scalar(DataType::F32, node.number("value_float", 0)))};
  if (node.has("value_floats")) {
    const auto values = node.numbers("value_floats");
    const auto fill = [&](const TensorView& view) {
      for (size_t i = 0; i < values.size(); ++i) store_double(view, static_cast<int64_t>(i), values[i]);
    };
    return {node.add_constant(Constant::make(DataType::F32, {static_cast<int64_t>(values.size())}, fill))};
  }
  throw Error(ErrorCode::Unsupported, "a constant of strings or in sparse form");
}

constexpr OnnxImporter kShape[] = {{"Shape", 1, import_same<ShapeOf>}};
constexpr OnnxImporter kSize[] = {{"Size", 1, import_same<Size>}};
constexpr OnnxImporter kConstant[] = {{"Constant", 1, import_constant}};
constexpr std::string_view kShapeCases[] = {"Shape(f32[2,3,4])", "Shape(f32[2,3,4]) {start=-2, end=-1}"};
constexpr std::string_view kSizeCases[] = {"Size(f32[2,3,4])", "Size(f32[2,3,4]) {start=1}"};

}  // namespace

extern const OpEntry constant_entry = {"Constant", nullptr, kConstant, {}};
extern const OpEntry shape_entry = {ShapeOf::kName, make_op<ShapeOf>, kShape, kShapeCases};
extern const OpEntry shape_value_entry = {ShapeValue::kName, make_op<ShapeValue>, {}, {}};
extern const OpEntry size_entry = {Size::kName, make_op<Size>, kSize, kSizeCases};

}  // namespace tn::ops
