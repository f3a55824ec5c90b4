// SPDX-License-Identifier: Apache-2.0
#include "passes/outline.h"

#include <map>
#include <set>

#include "passes/match.h"

namespace tn::passes {

bool is_inside_constant(const Graph& graph, TensorId id) {
  const Constant* constant = constant_of(graph, id);
  return constant && constant->elements() == 1;
}

Outlined outline(const Graph& graph, const std::vector<NodeId>& loads, const std::vector<NodeId>& nodes,
                 TensorId result) {
  Outlined region;
  region.body.name = "body";
  std::map<TensorId, TensorId> inside;
  const std::set<NodeId> named(nodes.begin(), nodes.end());
  std::set<NodeId> members = named;
  members.insert(loads.begin(), loads.end());
  for (const NodeId id : graph.order()) {
    if (!members.contains(id)) continue;
    const Node& node = graph.node(id);
    if (named.contains(id)) region.name += (region.name.empty() ? "" : " + ") + node.name;
    std::vector<TensorId> inputs;
    for (const TensorId input : node.inputs) {
      if (input != kNone && !inside.contains(input)) {
        const Tensor& tensor = graph.tensor(input);
        if (elementwise(node) && is_inside_constant(graph, input)) {
          inputs.push_back(region.body.add_constant(tensor.name, tensor.constant));
          continue;
        }
        inside[input] = region.body.add_input(tensor.name, tensor.type);
        region.body.edit_tensor(inside[input]).value = tensor.value;
        region.inputs.push_back(input);
      }
      inputs.push_back(input == kNone ? kNone : inside[input]);
    }
    const auto outputs =
        region.body.add_node(node.name, node.op, std::move(inputs), {}, {graph.tensor(node.outputs[0]).name});
    for (size_t i = 0; i < outputs.size(); ++i) inside[node.outputs[i]] = outputs[i];
  }
  region.body.set_outputs({inside.at(result)});
  return region;
}

}  // namespace tn::passes
