// SPDX-License-Identifier: Apache-2.0
#include "ops/control/body.h"

#include <algorithm>

namespace tn::ops {

std::vector<TensorType> body_outputs(const Graph& body, std::span<const BodyInput> inputs) {
  model_check(body.inputs().size() == inputs.size(), "graph '{}' takes {} inputs, {} are given", body.name,
              body.inputs().size(), inputs.size());
  const auto types_of_outputs = [](const Graph& graph) {
    std::vector<TensorType> types;
    for (const TensorId id : graph.outputs()) types.push_back(graph.tensor(id).type);
    return types;
  };
  size_t equal = 0;
  while (equal < inputs.size() && body.tensor(body.inputs()[equal]).type == inputs[equal].type) ++equal;
  if (equal == inputs.size()) return types_of_outputs(body);
  Graph copy = body;
  copy.set_body_inputs(inputs);
  return types_of_outputs(copy);
}

BodyInput as_body_input(const InferContext& context, int input) {
  const Dims* value = context.value(input);
  return {context.type(input), value ? std::optional(*value) : std::nullopt};
}

Dim upper_bound(const Graph& body, const Dim& dim) {
  return dim.substitute([&](const std::string& name) -> std::optional<Dim> {
    const auto found = body.unknowns().find(name);
    return found == body.unknowns().end() ? std::nullopt : std::optional(found->second);
  });
}

Dim outside_extent(const InferContext& context, const Graph& body, int output, int axis, const Dim& dim) {
  const Dim upper = upper_bound(body, dim);
  return upper == dim ? dim : context.unknown(output, axis, upper);
}

namespace {

// The input of a body that stands for a captured tensor, or kNone.
TensorId capturing_input(const import::Body& body, TensorId captured) {
  const auto found = std::find(body.captures.begin(), body.captures.end(), captured);
  return found == body.captures.end() ? kNone : *(body.graph.inputs().end() - (body.captures.end() - found));
}

}  // namespace

std::vector<TensorId> join_captures(std::span<import::Body> bodies) {
  std::vector<TensorId> all;
  std::vector<TensorType> types;
  for (const import::Body& body : bodies) {
    for (const TensorId id : body.captures) {
      if (std::find(all.begin(), all.end(), id) != all.end()) continue;
      all.push_back(id);
      types.push_back(body.graph.tensor(capturing_input(body, id)).type);
    }
  }
  for (import::Body& body : bodies) {
    const auto& before = body.graph.inputs();
    std::vector<TensorId> inputs(before.begin(), before.end() - static_cast<std::ptrdiff_t>(body.captures.size()));
    std::vector<TensorId> capturing;
    for (const TensorId id : all) capturing.push_back(capturing_input(body, id));
    for (size_t i = 0; i < all.size(); ++i) {
      inputs.push_back(capturing[i] != kNone ? capturing[i] : body.graph.add_input("unused", types[i]));
    }
    body.graph.set_inputs(std::move(inputs));
    body.captures = all;
  }
  return all;
}

std::vector<TensorId> inline_body(NodeView& node, const import::Body& body, std::vector<TensorId> inputs) {
  const Graph& inner = body.graph;
  inputs.insert(inputs.end(), body.captures.begin(), body.captures.end());
  model_check(inner.inputs().size() == inputs.size(), "graph '{}' takes {} inputs, {} are given", inner.name,
              inner.inputs().size(), inputs.size());
  std::vector<TensorId> outside(inner.tensor_count(), kNone);
  for (size_t i = 0; i < inputs.size(); ++i) outside[static_cast<size_t>(inner.inputs()[i])] = inputs[i];
  const auto find = [&](TensorId id) {
    if (id == kNone) return kNone;
    TensorId& found = outside[static_cast<size_t>(id)];
    if (found == kNone) found = node.add_constant(inner.tensor(id).constant);
    return found;
  };
  for (const NodeId id : inner.order()) {
    const Node& each = inner.node(id);
    std::vector<TensorId> operands;
    for (const TensorId input : each.inputs) operands.push_back(find(input));
    const auto results = node.add_all(each.op, std::move(operands), each.bodies);
    for (size_t i = 0; i < results.size(); ++i) outside[static_cast<size_t>(each.outputs[i])] = results[i];
  }
  std::vector<TensorId> outputs;
  for (const TensorId id : inner.outputs()) outputs.push_back(find(id));
  return outputs;
}

}  // namespace tn::ops
