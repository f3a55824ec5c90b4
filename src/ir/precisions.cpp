// SPDX-License-Identifier: Apache-2.0
#include "ir/precisions.h"

#include <algorithm>

namespace tn {
namespace {

bool is_known(const Graph& graph, TensorId id) {
  return graph.tensor(id).constant || graph.tensor(id).value || !is_float(graph.tensor(id).type.type);
}

// The nodes that a patch stands for: from what it replaces back to what it reads, as far as numbers flow.
std::set<NodeId> replaced_by(const Patch& patch) {
  const Graph& graph = patch.graph();
  std::set<TensorId> kept;
  for (size_t i = patch.first_node(); i < graph.node_count(); ++i) {
    const Node& node = graph.node(static_cast<NodeId>(i));
    kept.insert(node.inputs.begin(), node.inputs.end());
  }
  for (const auto& [old, by] : patch.replacements()) kept.insert(by);
  std::set<NodeId> found;
  std::vector<TensorId> stack;
  for (const auto& [old, by] : patch.replacements()) {
    if (!graph.tensor(by).constant) stack.push_back(old);
  }
  while (!stack.empty()) {
    const TensorId id = stack.back();
    stack.pop_back();
    const NodeId producer = id == kNone || kept.contains(id) || is_known(graph, id) ? kNone : graph.tensor(id).producer;
    if (producer == kNone || !found.insert(producer).second) continue;
    for (const TensorId input : graph.node(producer).inputs) stack.push_back(input);
  }
  return found;
}

// Whether a precision means something for the node: it takes or gives numbers that may be stored in other types.
bool has_choice(const Graph& graph, const Node& node) {
  const auto free = [&](TensorId id) {
    return id != kNone && graph.tensor(id).type.type == DataType::F32 && !is_known(graph, id);
  };
  return std::ranges::any_of(node.inputs, free) || std::ranges::any_of(node.outputs, free);
}

// Integers are demanded of products, whatever these are joined with; a type of floats is one of all numbers in a node.
bool binds(const Precision& precision) {
  return precision.type != DataType::I8;
}

}  // namespace

bool Precisions::same(const Precision* a, const Precision* b) {
  return a && b ? a->asks_the_same(*b) : a == b;
}

const Precision* Precisions::find(NodeId id) const {
  const auto found = held_.find(id);
  return found == held_.end() ? nullptr : &found->second;
}

bool Precisions::apply(Patch& patch) {
  if (held_.empty()) return patch.apply();
  const Graph& graph = patch.graph();
  const size_t first = patch.first_node();
  const std::set<NodeId> replaced = replaced_by(patch);
  std::vector<NodeId> involved(replaced.begin(), replaced.end());
  std::set<NodeId> stand_in;  // nodes of before whose results are read instead
  for (const auto& [old, by] : patch.replacements()) {
    const NodeId producer = graph.tensor(by).producer;
    if (producer == kNone || static_cast<size_t>(producer) >= first || is_known(graph, by)) continue;
    stand_in.insert(producer);
    // What a node does with the result of another may go away; a result of others may not come in its place.
    const bool behind = std::ranges::any_of(replaced, [&](NodeId id) {
      return std::ranges::find(graph.node(id).inputs, by) != graph.node(id).inputs.end();
    });
    if (!behind) involved.push_back(producer);
  }
  Precision joined;
  const Precision* held = nullptr;
  for (const NodeId id : involved) {
    if (const Precision* precision = find(id)) {
      joined.layers.insert(precision->layers.begin(), precision->layers.end());
      if (!held || binds(*precision)) held = precision;
    }
  }
  if (held && binds(*held)) {
    const bool alike = std::ranges::all_of(involved, [&](NodeId id) { return same(find(id), held); });
    const bool made = first < graph.node_count();
    const bool taken_over = std::ranges::all_of(stand_in, [&](NodeId id) { return same(find(id), held); });
    if (!alike || !taken_over || (!made && stand_in.empty())) return false;
    joined.gives_f32 = held->gives_f32;
  }
  if (held) joined.type = held->type;
  if (!patch.apply()) return false;
  if (joined.layers.empty()) return true;
  hold_from(graph, first, joined);
  for (const NodeId id : stand_in) {
    const bool only_in_front = std::ranges::find(involved, id) == involved.end() && !binds(joined);
    if (!only_in_front)
      held_.try_emplace(id, joined).first->second.layers.insert(joined.layers.begin(), joined.layers.end());
  }
  return true;
}

bool Precisions::apply(Patch& patch, NodeId stands_for) {
  const Graph& graph = patch.graph();
  const size_t first = patch.first_node();
  const Precision* const held = find(stands_for);
  if (!patch.apply()) return false;
  if (held) hold_from(graph, first, Precision(*held));
  return true;
}

void Precisions::hold_from(const Graph& graph, size_t first, const Precision& precision) {
  for (size_t i = first; i < graph.node_count(); ++i) {
    const auto id = static_cast<NodeId>(i);
    if (has_choice(graph, graph.node(id))) held_[id] = precision;
  }
}

void Precisions::compact(Graph& graph) {
  std::map<NodeId, Precision> fresh;
  const auto order = graph.order();
  for (size_t i = 0; i < order.size(); ++i) {
    if (const auto found = held_.find(order[i]); found != held_.end())
      fresh.emplace(static_cast<NodeId>(i), std::move(found->second));
  }
  held_ = std::move(fresh);
  graph.compact();
}

}  // namespace tn
