// SPDX-License-Identifier: Apache-2.0
// What rules ask of a graph, and how they make operators.
#pragma once

#include <optional>
#include <string_view>

#include "base/error.h"
#include "ir/graph.h"
#include "ops/definition.h"

namespace tn::passes {

/// An attribute, which must exist with this type.
template <typename T>
T attribute(const Op& op, std::string_view name) {
  const FieldMap map = op.attributes();
  const auto found = map.find(name);
  internal_check(found != map.end() && std::holds_alternative<T>(found->second), "{} has no attribute '{}'", op.name(),
                 name);
  return std::get<T>(found->second);
}

/// An operator by name. Throws Error(Internal) if there is none.
OpPtr make_op(std::string_view name, const FieldMap& attributes = {});

inline bool is_op(const Node& node, std::string_view name) {
  return node.op->name() == name;
}
/// The node that makes the tensor if it is of this operator; null otherwise.
const Node* made_by(const Graph& graph, TensorId id, std::string_view name);
const ops::Elementwise* elementwise(const Node& node);

inline bool has_input(const Node& node, size_t index) {
  return index < node.inputs.size() && node.inputs[index] != kNone;
}
/// A constant's data; null for absent inputs and other tensors.
const Constant* constant_of(const Graph& graph, TensorId id);
inline const Constant* constant_input(const Graph& graph, const Node& node, size_t index) {
  return has_input(node, index) ? constant_of(graph, node.inputs[index]) : nullptr;
}
/// The value that all elements of a constant have.
std::optional<double> splat(const Graph& graph, TensorId id);
/// Whether the tensor is a constant of (nearly) this value everywhere.
bool is_splat(const Graph& graph, TensorId id, double value, double tolerance = 1e-5);

/// For a node of two inputs: the other input than `id`.
inline TensorId other_input(const Node& node, TensorId id) {
  return node.inputs[0] == id ? node.inputs[1] : node.inputs[0];
}

const TensorType& type_of(const Graph& graph, TensorId id);
/// The rank-1 int64 constant that Reshape and Expand read for static extents.
ConstantPtr integers(std::span<const int64_t> values);
/// What Reshape reads for these extents; null where it cannot say them.
ConstantPtr shape_constant(const Dims& dims);

}  // namespace tn::passes
