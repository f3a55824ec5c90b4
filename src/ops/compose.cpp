// SPDX-License-Identifier: Apache-2.0
#include "ops/compose.h"

#include "base/error.h"
#include "ops/entry.h"
#include "ops/shape/reshape.h"
#include "ops/shape/shape.h"

namespace tn::ops {

TensorId compose(NodeView& node, std::string_view op, std::vector<TensorId> inputs, const FieldMap& attributes) {
  const auto made = make_op_by_name(op);
  internal_check(made != nullptr, "there is no operator {}", op);
  made->set_attributes(attributes);
  return node.add(made, std::move(inputs));
}

const Dims& required_value(NodeView& node, TensorId x, std::string_view what) {
  const auto& value = node.graph().tensor(x).value;
  model_check(value.has_value(), "{} must be computable from the shapes of the inputs", what);
  return *value;
}

Dim required_scalar(NodeView& node, TensorId x, std::string_view what) {
  const Dims& value = required_value(node, x, what);
  model_check(value.size() == 1, "{} has {} elements, one is needed", what, value.size());
  return value[0];
}

TensorId scalar_like(NodeView& node, double value, TensorId like) {
  return node.add_constant(Constant::scalar(node.type(like).type, value));
}

TensorId extent(NodeView& node, const Dim& dim) {
  if (dim.is_constant())
    return node.add_constant(Constant::scalar(DataType::I64, static_cast<double>(*dim.constant())));
  return node.add(std::make_shared<ShapeValue>(Dims{dim}, true), {});
}

TensorId extents(NodeView& node, const Dims& dims) {
  std::vector<int64_t> known;
  for (const Dim& dim : dims) {
    if (dim.is_constant()) known.push_back(*dim.constant());
  }
  if (known.size() == dims.size()) return node.add_integers(known);
  return node.add(std::make_shared<ShapeValue>(dims, false), {});
}

TensorId counting(NodeView& node, const Dim& count) {
  return compose(node, "Range", {extent(node, 0), extent(node, count), extent(node, 1)});
}

TensorId expand(NodeView& node, TensorId value, const Dims& dims) {
  return compose(node, "Expand", {value, extents(node, dims)});
}

TensorId cast_to(NodeView& node, TensorId x, DataType type) {
  if (node.type(x).type == type) return x;
  return compose(node, "Cast", {x}, {{"to", std::string(name_of(type))}});
}

TensorId concat(NodeView& node, std::vector<TensorId> parts, int64_t axis) {
  return compose(node, "Concat", std::move(parts), {{"axis", axis}});
}

TensorId slice(NodeView& node, TensorId x, int64_t axis, const Dim& begin, const Dim& end) {
  return compose(node, "Slice",
                 {x, extents(node, {begin}), extents(node, {end}), node.add_integers(std::vector<int64_t>{axis})});
}

TensorId widen(NodeView& node, TensorId x) {
  const DataType type = node.type(x).type;
  return type == DataType::F16 || type == DataType::BF16 ? cast_to(node, x, DataType::F32) : x;
}

TensorId reshape(NodeView& node, TensorId x, const Dims& dims) {
  if (node.type(x).dims == dims) return x;
  auto op = std::make_shared<Reshape>();
  op->allowzero = true;
  return node.add(std::move(op), {x, extents(node, dims)});
}

TensorId transpose(NodeView& node, TensorId x, std::vector<int64_t> permutation) {
  return compose(node, "Transpose", {x}, {{"perm", std::move(permutation)}});
}

TensorId unsqueeze(NodeView& node, TensorId x, std::span<const int64_t> axes) {
  return compose(node, "Unsqueeze", {x, node.add_integers(axes)});
}

TensorId squeeze(NodeView& node, TensorId x, std::span<const int64_t> axes) {
  return compose(node, "Squeeze", {x, node.add_integers(axes)});
}

TensorId reduce(NodeView& node, std::string_view mode, TensorId x, std::vector<int64_t> axes, bool keepdims) {
  return compose(node, "Reduce", {x}, {{"mode", std::string(mode)}, {"axes", std::move(axes)}, {"keepdims", keepdims}});
}

NodeView decomposition_view(Graph& graph, std::string_view name) {
  NodeView view(graph);
  view.name = name;
  return view;
}

}  // namespace tn::ops
