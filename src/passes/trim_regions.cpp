// SPDX-License-Identifier: Apache-2.0
// What no tactic takes as a whole is shortened from its end, and in the end computed with floats.
#include <algorithm>
#include <map>

#include "base/error.h"
#include "ops/control/region.h"
#include "passes/evaluate.h"
#include "passes/fuse_regions.h"
#include "passes/match.h"
#include "passes/outline.h"

namespace tn::passes {
namespace {

using Accepts = std::function<bool(const Graph&, const Node&)>;

/// One way to have less in a region: of the nodes that are no loads the first `kept` stay. Where the anchor takes
/// floats, its operands are dequantized outside.
struct Shorter {
  size_t kept;
  bool floats;
};

/// A region of a graph as its nodes are moved out.
class Shortening {
 public:
  Shortening(Graph& graph, NodeId id)
      : graph_(graph), region_(graph.node(id)), body_(region_.bodies[0]), patch_(graph) {
    for (size_t i = 0; i < region_.inputs.size(); ++i) outside_[body_.inputs()[i]] = region_.inputs[i];
    for (const NodeId inner : body_.order()) {
      if (!is_load(inner)) nodes_.push_back(inner);
    }
  }

  size_t size() const { return nodes_.size(); }
  bool loads_for_anchor() const { return !loads_of({nodes_.front()}).empty(); }

  std::optional<Patch> run(const Shorter& shorter, const Accepts& accepts) && {
    if (shorter.floats) {
      for (const NodeId load : loads_of({nodes_.front()})) add_outside(load);
    }
    if (!keep({nodes_.begin(), nodes_.begin() + static_cast<std::ptrdiff_t>(shorter.kept)}, accepts))
      return std::nullopt;
    for (size_t i = shorter.kept; i < nodes_.size(); ++i) {
      for (const NodeId load : loads_of({nodes_[i]})) add_outside(load);
      add_outside(nodes_[i]);
    }
    for (size_t i = 0; i < region_.outputs.size(); ++i)
      patch_.replace(region_.outputs[i], outside_.at(body_.outputs()[i]));
    return std::move(patch_);
  }

 private:
  bool is_load(NodeId id) const {
    const Node& node = body_.node(id);
    return is_op(node, "Dequantize") && body_.is_input(node.inputs[0]) && !body_.is_output(node.outputs[0]);
  }

  // Loads that the nodes read and that are not outside.
  std::vector<NodeId> loads_of(const std::vector<NodeId>& nodes) const {
    std::vector<NodeId> loads;
    for (const NodeId id : nodes) {
      for (const TensorId input : body_.node(id).inputs) {
        const NodeId producer = input == kNone || outside_.contains(input) ? kNone : body_.tensor(input).producer;
        if (producer != kNone && is_load(producer) && std::ranges::find(loads, producer) == loads.end())
          loads.push_back(producer);
      }
    }
    return loads;
  }

  // The first nodes as a region, if there is more than the anchor.
  bool keep(const std::vector<NodeId>& nodes, const Accepts& accepts) {
    const std::vector<NodeId> loads = loads_of(nodes);
    if (nodes.size() + loads.size() == 1) {
      add_outside(nodes[0]);
      return true;
    }
    const TensorId last = body_.node(nodes.back()).outputs[0];
    for (const NodeId member : nodes) {  // one result only
      const TensorId output = body_.node(member).outputs[0];
      for (const NodeId reader : body_.consumers(output)) {
        if (output != last && std::ranges::find(nodes, reader) == nodes.end()) return false;
      }
    }
    // What has been dequantized outside is an input of the new body.
    Outlined part = outline(body_, loads, nodes, last);
    std::vector<TensorId> inputs;
    for (const TensorId input : part.inputs) inputs.push_back(outside_.at(input));
    std::vector<Graph> bodies;
    bodies.push_back(std::move(part.body));
    outside_[last] = patch_.add_node(part.name, region_.op, std::move(inputs), std::move(bodies))[0];
    return accepts(graph_, *graph_.producer(outside_[last]));
  }

  void add_outside(NodeId id) {
    const Node& node = body_.node(id);
    std::vector<TensorId> inputs;
    for (const TensorId input : node.inputs) {
      if (input != kNone && !outside_.contains(input))
        outside_[input] = patch_.constant(body_.tensor(input).name, body_.tensor(input).constant);
      inputs.push_back(input == kNone ? kNone : outside_[input]);
    }
    const auto constant = [&](TensorId input) { return graph_.tensor(input).constant != nullptr; };
    if (is_load(id) && std::ranges::all_of(inputs, constant)) {  // weights for products of floats
      std::vector<ConstantPtr> values;
      for (const TensorId input : inputs) values.push_back(graph_.tensor(input).constant);
      outside_[node.outputs[0]] = patch_.constant(body_.tensor(node.inputs[0]).name, evaluate(node, values)[0]);
      return;
    }
    const auto outputs = patch_.add_node(node.name, node.op, inputs);
    for (size_t k = 0; k < outputs.size(); ++k) outside_[node.outputs[k]] = outputs[k];
  }

  Graph& graph_;
  const Node region_;
  const Graph& body_;
  Patch patch_;
  std::vector<NodeId> nodes_;  ///< of the body, without loads
  std::map<TensorId, TensorId> outside_;
};

// The longest that is accepted: with quantized operands if there is one, else with floats.
Patch least_cut(Graph& graph, NodeId id, const Accepts& accepts) {
  const auto [size, loads] = [&] {
    const Shortening whole(graph, id);
    return std::pair(whole.size(), whole.loads_for_anchor());
  }();
  std::vector<Shorter> ways;
  for (size_t kept = size - 1; kept > 0; --kept) ways.push_back({kept, false});
  if (loads) {
    for (size_t kept = size; kept > 0; --kept) ways.push_back({kept, true});
  }
  for (const Shorter& way : ways) {
    if (auto patch = Shortening(graph, id).run(way, accepts)) return *std::move(patch);
  }
  throw Error(ErrorCode::Internal, "nothing is left of {}", describe(graph.node(id)));
}

}  // namespace

int64_t trim_regions(Graph& graph, const Accepts& accepts, int64_t most, Precisions* precisions) {
  const size_t count = graph.node_count();
  int64_t trimmed = 0;
  for (size_t i = 0; i < count && trimmed < most; ++i) {
    const auto id = static_cast<NodeId>(i);
    if (!graph.node(id).alive) continue;
    if (!is_op(graph.node(id), ops::Region::kName)) {
      for (Graph& body : graph.edit_node(id).bodies) trimmed += trim_regions(body, accepts, most - trimmed);
      continue;
    }
    const Graph& body = graph.node(id).bodies[0];
    const bool anchored =
        std::ranges::any_of(body.order(), [&](NodeId inner) { return !elementwise(body.node(inner)); });
    if (!anchored || accepts(graph, graph.node(id))) continue;
    Patch cut = least_cut(graph, id, accepts);
    precisions ? precisions->apply(cut, id) : cut.apply();
    ++trimmed;
  }
  remove_dead_nodes(graph);
  return trimmed;
}

}  // namespace tn::passes
