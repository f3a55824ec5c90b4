// SPDX-License-Identifier: Apache-2.0
#include "passes/group.h"

#include <algorithm>

#include "ops/quant/roles.h"
#include "passes/outline.h"
#include "passes/quantization.h"

namespace tn::passes {
namespace {

constexpr int kMaxOperations = 64;
constexpr size_t kMaxInputs = 12, kMaxNodes = 64;

// Values inside a region have a compute type: narrow integers would lose their wrapping, unless the node rounds itself.
bool keeps_value(const Graph& graph, const Node& node, const Expr& expression) {
  const DataType type = type_of(graph, node.outputs[0]).type;
  if (is_op(node, "Quantize")) return true;  // it saturates
  return is_float(type) || type == storage_type(compute_type(type)) || expression.function() == ScalarFunction::RoundTo;
}

}  // namespace

Group::Group(const Graph& graph, const Uses& uses, NodeId seed) : graph_(graph), uses_(uses) {
  const Node& node = graph.node(seed);
  dims_ = type_of(graph, node.outputs[0]).dims;
  take(seed);
  committed_ = nodes_;
}

TensorId Group::result() const {
  for (const NodeId id : committed_) {
    const TensorId output = graph_.node(id).outputs[0];
    const auto inside = [&](NodeId reader) { return std::ranges::find(committed_, reader) != committed_.end(); };
    if (uses_.is_output(output) || !std::ranges::all_of(uses_.readers(output), inside)) return output;
  }
  return kNone;
}

std::vector<NodeId> Group::loads() const {
  std::vector<NodeId> found;
  for (const NodeId id : committed_) {
    const Node& node = graph_.node(id);
    for (const TensorId input : node.inputs) {
      const NodeId producer = input == kNone ? kNone : graph_.tensor(input).producer;
      if (producer == kNone || std::ranges::find(committed_, producer) != committed_.end()) continue;
      const Node& load = graph_.node(producer);
      const bool loads = is_load(graph_, load) && (!elementwise(node) || has_one_scale(graph_, load));
      if (loads && std::ranges::find(found, producer) == found.end()) found.push_back(producer);
    }
  }
  return found;
}

void Group::grow_forward() {
  while (nodes_.size() < kMaxNodes) {
    const NodeId next = next_reader();
    if (next == kNone) return;
    take(next);
    if (escaping() == 1 && within_limits() && !ends_in_load()) committed_ = nodes_;
  }
}

void Group::grow_backward() {
  nodes_ = committed_;
  inside_ = {nodes_.begin(), nodes_.end()};
  for (bool found = true; found && nodes_.size() < kMaxNodes;) {
    found = false;
    for (const NodeId id : std::vector(nodes_)) {
      for (const TensorId input : graph_.node(id).inputs) {
        const NodeId producer = graph_.tensor(input).producer;
        if (producer == kNone || inside_.contains(producer) || !fits(producer) || loses_value(producer)) continue;
        if (!only_read_inside(input)) continue;
        take(producer);
        found = true;
        if (within_limits())
          committed_ = nodes_;
        else
          return;
      }
    }
  }
}

bool Group::fits(NodeId id) const {
  const Node& node = graph_.node(id);
  return elementwise(node) && type_of(graph_, node.outputs[0]).dims == dims_ && uses_.agree(nodes_[0], id);
}

void Group::take(NodeId id) {
  nodes_.push_back(id);
  inside_.insert(id);
  if (loses_value(id)) narrow_.insert(id);
}

// Whether the node's result must be stored to be what it is.
bool Group::loses_value(NodeId id) const {
  const Node& node = graph_.node(id);
  const auto* op = elementwise(node);
  return op && !keeps_value(graph_, node, expression(*op, node));
}

Expr Group::expression(const ops::Elementwise& op, const Node& node) const {
  std::vector<Expr> operands;
  for (size_t i = 0; i < node.inputs.size(); ++i)
    operands.push_back(input(static_cast<int>(i), compute_type(type_of(graph_, node.inputs[i]).type)));
  return op.expression(operands);
}

// The first node in graph order that reads the group and can be taken.
NodeId Group::next_reader() const {
  NodeId best = kNone;
  for (const NodeId id : nodes_) {
    if (narrow_.contains(id)) continue;
    for (const NodeId reader : uses_.readers(graph_.node(id).outputs[0])) {
      if (!inside_.contains(reader) && fits(reader) && (best == kNone || reader < best) && operands_are_made(reader) &&
          !is_left_to_a_product(reader))
        best = reader;
    }
  }
  return best;
}

// What is dequantized for a sum with a product's result is left to that product, which can take the sum as it is.
bool Group::is_left_to_a_product(NodeId load) const {
  if (!is_load(graph_, graph_.node(load))) return false;
  const NodeId reader = uses_.only_reader(graph_.node(load).outputs[0]);
  if (reader == kNone || !elementwise(graph_.node(reader))) return false;
  return std::ranges::any_of(graph_.node(reader).inputs, [&](TensorId input) {
    const NodeId producer = input == kNone ? kNone : graph_.tensor(input).producer;
    return producer != kNone && ops::is_product(graph_.node(producer)) && !inside_.contains(producer) &&
           uses_.only_reader(input) == reader;
  });
}

// An operand from outside must not come from the group.
bool Group::operands_are_made(NodeId id) const {
  for (const TensorId input : graph_.node(id).inputs) {
    if (input == kNone || graph_.tensor(input).producer == kNone) continue;
    if (!inside_.contains(graph_.tensor(input).producer) && depends_on_group(graph_.tensor(input).producer))
      return false;
  }
  return true;
}

bool Group::depends_on_group(NodeId start) const {
  std::vector<NodeId> stack = {start};
  std::set<NodeId> seen = {start};
  while (!stack.empty()) {
    const NodeId id = stack.back();
    stack.pop_back();
    for (const TensorId input : graph_.node(id).inputs) {
      const NodeId producer = input == kNone ? kNone : graph_.tensor(input).producer;
      if (producer == kNone || !seen.insert(producer).second) continue;
      if (inside_.contains(producer)) return true;
      stack.push_back(producer);
    }
  }
  return false;
}

bool Group::only_read_inside(TensorId id) const {
  return !uses_.is_output(id) &&
         std::ranges::all_of(uses_.readers(id), [&](NodeId reader) { return inside_.contains(reader); });
}

int Group::escaping() const {
  int count = 0;
  for (const NodeId id : nodes_) count += only_read_inside(graph_.node(id).outputs[0]) ? 0 : 1;
  return count;
}

// What dequantizes for others is left to them: each does it as it loads.
bool Group::ends_in_load() const {
  return std::ranges::any_of(nodes_, [&](NodeId id) {
    const TensorId output = graph_.node(id).outputs[0];
    return is_load(graph_, graph_.node(id)) && std::ranges::any_of(uses_.readers(output), [&](NodeId reader) {
             return !inside_.contains(reader) &&
                    (ops::is_product(graph_.node(reader)) || elementwise(graph_.node(reader)));
           });
  });
}

bool Group::within_limits() const {
  std::set<TensorId> inputs;
  int operations = 0;
  for (const NodeId id : nodes_) {
    const Node& node = graph_.node(id);
    for (const TensorId input : node.inputs) {
      if (input == kNone || is_inside_constant(graph_, input)) continue;
      const NodeId producer = graph_.tensor(input).producer;
      if (producer == kNone || !inside_.contains(producer)) inputs.insert(input);
    }
    if (const auto* op = elementwise(node)) {
      const Expr result = expression(*op, node);
      operations += operation_count(std::span(&result, 1));
    }
  }
  return inputs.size() <= kMaxInputs && operations <= kMaxOperations;
}

}  // namespace tn::passes
