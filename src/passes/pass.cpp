// SPDX-License-Identifier: Apache-2.0
#include "passes/pass.h"

namespace tn::passes {

Uses::Uses(const Graph& graph, const Precisions* precisions)
    : begin_(graph.tensor_count() + 1, 0), output_(graph.tensor_count(), false), precisions_(precisions) {
  const auto each_use = [&](const auto& visit) {
    for (size_t i = 0; i < graph.node_count(); ++i) {
      const Node& node = graph.node(static_cast<NodeId>(i));
      if (!node.alive) continue;
      for (const TensorId input : node.inputs) {
        if (input != kNone) visit(static_cast<size_t>(input), static_cast<NodeId>(i));
      }
    }
  };
  each_use([&](size_t tensor, NodeId) { ++begin_[tensor + 1]; });
  for (size_t i = 1; i < begin_.size(); ++i) begin_[i] += begin_[i - 1];
  readers_.resize(begin_.back());
  std::vector<size_t> next = begin_;
  each_use([&](size_t tensor, NodeId node) { readers_[next[tensor]++] = node; });
  for (const TensorId id : graph.outputs()) output_[static_cast<size_t>(id)] = true;
}

std::span<const NodeId> Uses::readers(TensorId id) const {
  const auto at = static_cast<size_t>(id);
  return std::span(readers_).subspan(begin_[at], begin_[at + 1] - begin_[at]);
}

NodeId Uses::only_reader(TensorId id) const {
  const auto all = readers(id);
  return all.size() == 1 && !is_output(id) ? all[0] : kNone;
}

int64_t remove_dead_nodes(Graph& graph) {
  std::vector<bool> needed(graph.node_count(), false);
  std::vector<NodeId> stack;
  const auto need = [&](TensorId id) {
    const NodeId producer = id == kNone ? kNone : graph.tensor(id).producer;
    if (producer == kNone || needed[static_cast<size_t>(producer)]) return;
    needed[static_cast<size_t>(producer)] = true;
    stack.push_back(producer);
  };
  for (const TensorId id : graph.outputs()) need(id);
  while (!stack.empty()) {
    const NodeId id = stack.back();
    stack.pop_back();
    for (const TensorId input : graph.node(id).inputs) need(input);
  }
  int64_t removed = 0;
  for (size_t i = 0; i < graph.node_count(); ++i) {
    const auto id = static_cast<NodeId>(i);
    if (!graph.node(id).alive) continue;
    if (!needed[i]) {
      graph.remove_node(id);
      ++removed;
      continue;
    }
    for (Graph& body : graph.edit_node(id).bodies) removed += remove_dead_nodes(body);
  }
  return removed;
}

}  // namespace tn::passes
