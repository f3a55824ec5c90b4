// SPDX-License-Identifier: Apache-2.0
#include "passes/match.h"

#include <algorithm>
#include <cmath>

#include "ops/entry.h"

namespace tn::passes {

OpPtr make_op(std::string_view name, const FieldMap& attributes) {
  auto op = ops::make_op_by_name(name);
  internal_check(op != nullptr, "there is no operator {}", name);
  op->set_attributes(attributes);
  return op;
}

const Node* made_by(const Graph& graph, TensorId id, std::string_view name) {
  const Node* node = id == kNone ? nullptr : graph.producer(id);
  return node && is_op(*node, name) ? node : nullptr;
}

const ops::Elementwise* elementwise(const Node& node) {
  return dynamic_cast<const ops::Elementwise*>(node.op.get());
}

const Constant* constant_of(const Graph& graph, TensorId id) {
  return id == kNone ? nullptr : graph.tensor(id).constant.get();
}

std::optional<double> splat(const Graph& graph, TensorId id) {
  const Constant* constant = constant_of(graph, id);
  return constant && constant->is_splat() ? std::optional(constant->number(0)) : std::nullopt;
}

bool is_splat(const Graph& graph, TensorId id, double value, double tolerance) {
  const auto found = splat(graph, id);
  return found && std::fabs(*found - value) <= tolerance * std::fabs(value);
}

const TensorType& type_of(const Graph& graph, TensorId id) {
  return graph.tensor(id).type;
}

ConstantPtr integers(std::span<const int64_t> values) {
  return Constant::vector(values);
}

ConstantPtr shape_constant(const Dims& dims) {
  std::vector<int64_t> shape;
  for (const Dim& dim : dims) shape.push_back(dim.constant().value_or(-1));
  const bool says = std::ranges::count(shape, -1) <= 1 && std::ranges::count(shape, 0) == 0;
  return says ? integers(shape) : nullptr;
}

}  // namespace tn::passes
