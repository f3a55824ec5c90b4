// SPDX-License-Identifier: Apache-2.0
#include "tuning/split.h"

#include "base/error.h"
#include "ops/definition.h"
#include "tuning/tuner.h"

namespace tn {
namespace {

// The nodes of a fused region, in the graph around it.
void inline_region(Graph& graph, NodeId id, Precisions& precisions) {
  const Node node = graph.node(id);
  const Graph& body = node.bodies[0];
  Patch patch(graph);
  std::map<TensorId, TensorId> outer;
  for (size_t i = 0; i < body.inputs().size(); ++i) outer[body.inputs()[i]] = node.inputs[i];
  const auto map = [&](TensorId inner) {
    if (inner == kNone) return kNone;
    if (const auto found = outer.find(inner); found != outer.end()) return found->second;
    return outer[inner] = patch.constant(body.tensor(inner).name, body.tensor(inner).constant);
  };
  for (const NodeId inner : body.order()) {
    const Node& part = body.node(inner);
    std::vector<TensorId> inputs;
    for (const TensorId input : part.inputs) inputs.push_back(map(input));
    const auto outputs = patch.add_node(part.name, part.op, inputs, part.bodies);
    for (size_t i = 0; i < outputs.size(); ++i) outer[part.outputs[i]] = outputs[i];
  }
  for (size_t i = 0; i < node.outputs.size(); ++i) patch.replace(node.outputs[i], outer.at(body.outputs()[i]));
  internal_check(precisions.apply(patch, id), "{} cannot be split", describe(node));
  graph.remove_node(id);
}

void decompose(Graph& graph, NodeId id, Precisions& precisions) {
  const Node node = graph.node(id);
  const auto& op = dynamic_cast<const ops::Decomposed&>(*node.op);
  Patch patch(graph);
  const auto outputs = op.decompose(graph, node.name, node.inputs);
  for (size_t i = 0; i < node.outputs.size(); ++i) patch.replace(node.outputs[i], outputs[i]);
  internal_check(precisions.apply(patch, id), "{} cannot be decomposed", describe(node));
  graph.remove_node(id);
}

}  // namespace

int split_unsupported(Graph& graph, const Backend& backend, const Target& target, Precisions* held) {
  Precisions none;
  Precisions& precisions = held ? *held : none;
  int count = 0;
  for (bool again = true; again;) {
    again = false;
    for (const NodeId id : graph.order()) {
      const Node& node = graph.node(id);
      const auto region = region_of(graph, node);
      if (region && is_supported(backend, target, *region)) continue;
      if (node.op->name() == "Region")
        inline_region(graph, id, precisions);
      else if (dynamic_cast<const ops::Decomposed*>(node.op.get()))
        decompose(graph, id, precisions);
      else
        continue;
      ++count;
      again = true;
    }
  }
  for (const NodeId id : graph.order()) {
    if (graph.node(id).op->name() == "Region") continue;
    for (Graph& body : graph.edit_node(id).bodies) count += split_unsupported(body, backend, target);
  }
  return count;
}

}  // namespace tn
