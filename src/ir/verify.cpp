// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "ir/graph.h"
#include "ir/infer_context.h"

namespace tn {
namespace {

void verify_node(const Graph& graph, NodeId id, std::vector<bool>& made) {
  const Node& node = graph.node(id);
  const std::string where = describe(node);
  for (const TensorId input : node.inputs) {
    if (input == kNone) continue;
    internal_check(input >= 0 && static_cast<size_t>(input) < graph.tensor_count(), "{}: input id {}", where, input);
    internal_check(made[static_cast<size_t>(input)], "{}: reads '{}' which nothing makes", where,
                   graph.tensor(input).name);
  }
  for (const TensorId output : node.outputs) {
    internal_check(graph.tensor(output).producer == id, "{}: '{}' has another producer", where,
                   graph.tensor(output).name);
    made[static_cast<size_t>(output)] = true;
  }
  for (const Graph& body : node.bodies) verify(body);
  const std::string label = node.outputs.empty() ? node.name : graph.tensor(node.outputs[0]).name;
  const auto types = node.op->infer(GraphInferContext(graph, node, label, nullptr));
  internal_check(types.size() == node.outputs.size(), "{}: {} outputs, the type rule says {}", where,
                 node.outputs.size(), types.size());
  for (size_t i = 0; i < types.size(); ++i) {
    const Tensor& output = graph.tensor(node.outputs[i]);
    internal_check(types[i] == output.type, "{}: output '{}' is {}, the type rule says {}", where, output.name,
                   to_string(output.type), to_string(types[i]));
  }
}

}  // namespace

void verify(const Graph& graph) {
  std::vector<bool> made(graph.tensor_count(), false);
  for (size_t i = 0; i < graph.tensor_count(); ++i) {
    made[i] = graph.tensor(static_cast<TensorId>(i)).constant != nullptr;
  }
  for (const TensorId input : graph.inputs()) made[static_cast<size_t>(input)] = true;
  const auto order = graph.order();
  size_t alive = 0;
  for (size_t i = 0; i < graph.node_count(); ++i) alive += graph.node(static_cast<NodeId>(i)).alive ? 1 : 0;
  internal_check(order.size() == alive, "graph '{}' has a cycle", graph.name);
  for (const NodeId id : order) verify_node(graph, id, made);
  for (const TensorId output : graph.outputs()) {
    internal_check(
        output >= 0 && static_cast<size_t>(output) < graph.tensor_count() && made[static_cast<size_t>(output)],
        "graph '{}': an output is not made", graph.name);
  }
}

}  // namespace tn
