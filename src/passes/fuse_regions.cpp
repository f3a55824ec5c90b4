// SPDX-License-Identifier: Apache-2.0
#include "passes/fuse_regions.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "ops/control/region.h"
#include "passes/match.h"
#include "passes/pipeline.h"

namespace tn::passes {
namespace {

constexpr int kMaxOperations = 64;
constexpr size_t kMaxInputs = 12, kMaxNodes = 64;
constexpr std::array<std::string_view, 3> kAnchors = {"Conv", "ConvTranspose", "MatMul"};

// Values inside a region have a compute type: narrow integers would lose their wrapping, unless the node rounds itself.
bool keeps_value(const Graph& graph, const Node& node, const Expr& expression) {
  const DataType type = type_of(graph, node.outputs[0]).type;
  return is_float(type) || type == storage_type(compute_type(type)) || expression.function() == ScalarFunction::RoundTo;
}

bool is_inside_constant(const Graph& graph, TensorId id) {
  const Constant* constant = constant_of(graph, id);
  return constant && constant->elements() == 1;
}

// A growing set of nodes, of which one tensor is read outside.
class Group {
 public:
  Group(const Graph& graph, const Uses& uses, NodeId seed) : graph_(graph), uses_(uses) {
    const Node& node = graph.node(seed);
    dims_ = type_of(graph, node.outputs[0]).dims;
    take(seed);
    committed_ = nodes_;
  }

  const std::vector<NodeId>& nodes() const { return committed_; }

  // Takes readers while some larger set has one result again.
  void grow_forward() {
    while (nodes_.size() < kMaxNodes) {
      const NodeId next = next_reader();
      if (next == kNone) return;
      take(next);
      if (escaping() == 1 && within_limits()) committed_ = nodes_;
    }
  }

  // Takes elementwise producers that nobody else reads.
  void grow_backward() {
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

 private:
  bool fits(NodeId id) const {
    const Node& node = graph_.node(id);
    return elementwise(node) && type_of(graph_, node.outputs[0]).dims == dims_;
  }

  void take(NodeId id) {
    nodes_.push_back(id);
    inside_.insert(id);
    if (loses_value(id)) narrow_.insert(id);
  }

  // Whether the node's result must be stored to be what it is.
  bool loses_value(NodeId id) const {
    const Node& node = graph_.node(id);
    const auto* op = elementwise(node);
    return op && !keeps_value(graph_, node, expression(*op, node));
  }

  Expr expression(const ops::Elementwise& op, const Node& node) const {
    std::vector<Expr> operands;
    for (size_t i = 0; i < node.inputs.size(); ++i)
      operands.push_back(input(static_cast<int>(i), compute_type(type_of(graph_, node.inputs[i]).type)));
    return op.expression(operands);
  }

  // The first node in graph order that reads the group and can be taken.
  NodeId next_reader() const {
    NodeId best = kNone;
    for (const NodeId id : nodes_) {
      if (narrow_.contains(id)) continue;
      for (const NodeId reader : uses_.readers(graph_.node(id).outputs[0])) {
        if (!inside_.contains(reader) && fits(reader) && (best == kNone || reader < best) && operands_are_made(reader))
          best = reader;
      }
    }
    return best;
  }

  // An operand from outside must not come from the group.
  bool operands_are_made(NodeId id) const {
    for (const TensorId input : graph_.node(id).inputs) {
      if (input == kNone || graph_.tensor(input).producer == kNone) continue;
      if (!inside_.contains(graph_.tensor(input).producer) && depends_on_group(graph_.tensor(input).producer))
        return false;
    }
    return true;
  }

  bool depends_on_group(NodeId start) const {
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

  bool only_read_inside(TensorId id) const {
    return !uses_.is_output(id) &&
           std::ranges::all_of(uses_.readers(id), [&](NodeId reader) { return inside_.contains(reader); });
  }

  int escaping() const {
    int count = 0;
    for (const NodeId id : nodes_) count += only_read_inside(graph_.node(id).outputs[0]) ? 0 : 1;
    return count;
  }

  bool within_limits() const {
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

  const Graph& graph_;
  const Uses& uses_;
  Dims dims_;
  std::vector<NodeId> nodes_, committed_;
  std::set<NodeId> inside_, narrow_;
};

// The body of a region of these nodes, and what it reads.
struct Outlined {
  Graph body;
  std::vector<TensorId> inputs;
  std::string name;
};

Outlined outline(const Graph& graph, const std::vector<NodeId>& nodes, TensorId result) {
  Outlined region;
  region.body.name = "body";
  std::map<TensorId, TensorId> inside;
  const std::set<NodeId> members(nodes.begin(), nodes.end());
  for (const NodeId id : graph.order()) {
    if (!members.contains(id)) continue;
    const Node& node = graph.node(id);
    region.name += (region.name.empty() ? "" : " + ") + node.name;
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

// The one tensor of the group that is read outside.
TensorId result_of(const Graph& graph, const Uses& uses, const std::vector<NodeId>& nodes) {
  for (const NodeId id : nodes) {
    const TensorId output = graph.node(id).outputs[0];
    const auto inside = [&](NodeId reader) { return std::ranges::find(nodes, reader) != nodes.end(); };
    if (uses.is_output(output) || !std::ranges::all_of(uses.readers(output), inside)) return output;
  }
  return kNone;
}

std::optional<Patch> make_region(Graph& graph, const Uses& uses, const std::vector<NodeId>& nodes,
                                 std::string_view kind) {
  if (nodes.size() < 2) return std::nullopt;
  const TensorId result = result_of(graph, uses, nodes);
  if (result == kNone) return std::nullopt;
  Outlined region = outline(graph, nodes, result);
  std::vector<Graph> bodies;
  bodies.push_back(std::move(region.body));
  Patch patch(graph);
  const auto outputs =
      patch.add_node(region.name, std::make_shared<ops::Region>(std::string(kind)), region.inputs, std::move(bodies));
  if (!(type_of(graph, outputs[0]) == type_of(graph, result))) return std::nullopt;
  patch.replace(result, outputs[0]);
  return patch;
}

std::optional<Patch> fuse_behind_anchor(Graph& graph, const Uses& uses, NodeId id) {
  if (std::ranges::find(kAnchors, graph.node(id).op->name()) == kAnchors.end()) return std::nullopt;
  Group group(graph, uses, id);
  group.grow_forward();
  return make_region(graph, uses, group.nodes(), graph.node(id).op->name());
}

std::optional<Patch> fuse_elementwise(Graph& graph, const Uses& uses, NodeId id) {
  if (!elementwise(graph.node(id))) return std::nullopt;
  Group group(graph, uses, id);
  group.grow_forward();
  group.grow_backward();
  return make_region(graph, uses, group.nodes(), "Pointwise");
}

constexpr Rule kAnchorRules[] = {fuse_behind_anchor};
constexpr Rule kPointwiseRules[] = {fuse_elementwise};

// The region's node outside: the inputs of a body's node in terms of the graph's tensors.
std::vector<TensorId> outside_inputs(Patch& patch, const Graph& body, const Node& node,
                                     std::map<TensorId, TensorId>& outside) {
  std::vector<TensorId> inputs;
  for (const TensorId input : node.inputs) {
    if (input != kNone && !outside.contains(input))
      outside[input] = patch.constant(body.tensor(input).name, body.tensor(input).constant);
    inputs.push_back(input == kNone ? kNone : outside[input]);
  }
  return inputs;
}

// The first `kept` nodes of a region as a region (or plain node), the others plain.
std::optional<Patch> shorten(Graph& graph, NodeId id, size_t kept,
                             const std::function<bool(const Graph&, const Node&)>& accepts) {
  const Node region = graph.node(id);
  const Graph& body = region.bodies[0];
  const auto order = body.order();
  std::map<TensorId, TensorId> outside;
  for (size_t i = 0; i < region.inputs.size(); ++i) outside[body.inputs()[i]] = region.inputs[i];
  Patch patch(graph);
  size_t first = 0;
  if (kept > 1) {
    const std::vector<NodeId> nodes(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(kept));
    const TensorId last = body.node(nodes.back()).outputs[0];
    for (const NodeId member : nodes) {  // one result only
      const TensorId output = body.node(member).outputs[0];
      for (const NodeId reader : body.consumers(output)) {
        if (output != last && std::ranges::find(nodes, reader) == nodes.end()) return std::nullopt;
      }
    }
    Outlined part = outline(body, nodes, last);
    std::vector<TensorId> inputs;
    for (const TensorId input : part.inputs) inputs.push_back(outside.at(input));
    std::vector<Graph> bodies;
    bodies.push_back(std::move(part.body));
    outside[last] = patch.add_node(part.name, region.op, std::move(inputs), std::move(bodies))[0];
    if (!accepts(graph, *graph.producer(outside[last]))) return std::nullopt;
    first = kept;
  }
  for (size_t i = first; i < order.size(); ++i) {
    const Node& node = body.node(order[i]);
    const auto outputs = patch.add_node(node.name, node.op, outside_inputs(patch, body, node, outside));
    for (size_t k = 0; k < outputs.size(); ++k) outside[node.outputs[k]] = outputs[k];
  }
  for (size_t i = 0; i < region.outputs.size(); ++i) patch.replace(region.outputs[i], outside.at(body.outputs()[i]));
  return patch;
}

}  // namespace

int64_t trim_regions(Graph& graph, const std::function<bool(const Graph&, const Node&)>& accepts, int64_t most) {
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
    for (size_t kept = body.order().size() - 1;; --kept) {
      auto patch = shorten(graph, id, kept, accepts);
      if (!patch) continue;
      patch->apply();
      ++trimmed;
      break;
    }
  }
  remove_dead_nodes(graph);
  return trimmed;
}

extern const Pass fuse_anchors = {"fuse_anchors", kAnchorRules};
extern const Pass fuse_pointwise = {"fuse_pointwise", kPointwiseRules};

}  // namespace tn::passes
