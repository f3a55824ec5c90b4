// SPDX-License-Identifier: Apache-2.0
// Nodes that change nothing go; transposes and reshapes that follow each other merge or cancel.
#include <algorithm>
#include <array>

#include "ir/infer_context.h"
#include "ops/shape/slice.h"
#include "passes/merge_rules.h"
#include "passes/pipeline.h"

namespace tn::passes {
namespace {

bool is_one_of(const Node& node, std::span<const std::string_view> names) {
  return std::ranges::find(names, node.op->name()) != names.end();
}

constexpr std::array<std::string_view, 4> kReshapes = {"Reshape", "Squeeze", "Unsqueeze", "Flatten"};

}  // namespace

std::vector<int64_t> permutation_of(const Graph& graph, const Node& node) {
  auto permutation = attribute<std::vector<int64_t>>(*node.op, "perm");
  const int rank = type_of(graph, node.inputs[0]).rank();
  for (int i = rank - 1; i >= 0 && static_cast<int>(permutation.size()) < rank; --i) permutation.push_back(i);
  for (int64_t& axis : permutation) axis += axis < 0 ? rank : 0;
  return permutation;
}

bool is_identity(const std::vector<int64_t>& permutation) {
  for (size_t i = 0; i < permutation.size(); ++i) {
    if (permutation[i] != static_cast<int64_t>(i)) return false;
  }
  return true;
}

std::optional<Patch> merge_transposes(Graph& graph, const Uses&, NodeId id) {
  const Node& node = graph.node(id);
  if (!is_op(node, "Transpose")) return std::nullopt;
  const Node* first = made_by(graph, node.inputs[0], "Transpose");
  if (!first) return std::nullopt;
  const auto inner = permutation_of(graph, *first), outer = permutation_of(graph, node);
  std::vector<int64_t> both;
  for (const int64_t axis : outer) both.push_back(inner[static_cast<size_t>(axis)]);
  const TensorId from = node.outputs[0], source = first->inputs[0];
  const std::string name = node.name;
  Patch patch(graph);
  patch.replace(from, is_identity(both) ? source : patch.add(name, make_op("Transpose", {{"perm", both}}), {source}));
  return patch;
}

std::optional<Patch> merge_reshapes(Graph& graph, const Uses&, NodeId id) {
  const Node& node = graph.node(id);
  if (!is_one_of(node, kReshapes)) return std::nullopt;
  const Node* first = graph.producer(node.inputs[0]);
  if (!first || !is_one_of(*first, kReshapes)) return std::nullopt;
  const TensorId from = node.outputs[0], source = first->inputs[0];
  const TensorType type = type_of(graph, from);
  if (type_of(graph, source) == type) {
    Patch patch(graph);
    patch.replace(from, source);
    return patch;
  }
  const std::string name = node.name;
  std::vector<int64_t> shape;
  int unknown = 0;
  for (const Dim& dim : type.dims) {
    unknown += dim.is_constant() ? 0 : 1;
    if (dim == Dim(0)) return std::nullopt;  // 0 means another thing to Reshape
    shape.push_back(dim.constant().value_or(-1));
  }
  if (unknown > 1) return std::nullopt;
  Patch patch(graph);
  const TensorId by = patch.add(name, make_op("Reshape"), {source, patch.constant(name + "/shape", integers(shape))});
  if (!(type_of(graph, by) == type)) return std::nullopt;
  patch.replace(from, by);
  return patch;
}

namespace {

bool all_zero(const Constant* constant) {
  if (!constant) return false;
  const auto values = constant->integers();
  return std::ranges::all_of(values, [](int64_t value) { return value == 0; });
}

bool whole_slice(const Graph& graph, const Node& node) {
  const auto ranges = ops::slice_ranges(GraphInferContext(graph, node, "", nullptr));
  return ranges && std::ranges::all_of(*ranges, [](const ops::SliceRange& range) { return range.step == 1; });
}

// Whether a node whose output has the type of its first input gives just that.
bool changes_nothing(const Graph& graph, const Node& node) {
  constexpr std::array<std::string_view, 4> kByType = {"Identity", "Cast", "Expand", "Tile"};
  constexpr std::array<std::string_view, 4> kOfOne = {"Concat", "Sum", "Min", "Max"};
  const std::string_view op = node.op->name();
  if (is_one_of(node, kReshapes) || is_one_of(node, kByType)) return true;
  if (is_one_of(node, kOfOne) || op == "Mean") return node.inputs.size() == 1;
  if (op == "Split") return true;
  if (op == "Transpose") return is_identity(permutation_of(graph, node));
  if (op == "Slice") return whole_slice(graph, node);
  if (op == "Pad") return all_zero(constant_input(graph, node, 1));
  if (op == "Reduce") return attribute<std::vector<int64_t>>(*node.op, "axes").empty();
  return false;
}

std::optional<Patch> drop(Graph& graph, const Uses&, NodeId id) {
  const Node& node = graph.node(id);
  if (node.inputs.empty() || node.inputs[0] == kNone || node.outputs.size() != 1) return std::nullopt;
  if (!(type_of(graph, node.inputs[0]) == type_of(graph, node.outputs[0])) || !changes_nothing(graph, node))
    return std::nullopt;
  const TensorId from = node.outputs[0], to = node.inputs[0];
  Patch patch(graph);
  patch.replace(from, to);
  return patch;
}

// A neutral operand: x + 0, x - 0, x * 1, x / 1, x ^ 1.
std::optional<Patch> drop_neutral(Graph& graph, const Uses&, NodeId id) {
  const Node& node = graph.node(id);
  if (node.inputs.size() != 2 || node.outputs.size() != 1) return std::nullopt;
  const std::string_view op = node.op->name();
  const bool adds = op == "Add" || op == "Sub", multiplies = op == "Mul" || op == "Div" || op == "Pow";
  if (!adds && !multiplies) return std::nullopt;
  for (const size_t neutral : {size_t{1}, size_t{0}}) {
    if (neutral == 0 && op != "Add" && op != "Mul") break;
    if (splat(graph, node.inputs[neutral]) != (adds ? 0.0 : 1.0)) continue;
    const TensorId from = node.outputs[0], to = node.inputs[1 - neutral];
    if (!(type_of(graph, from) == type_of(graph, to))) continue;
    Patch patch(graph);
    patch.replace(from, to);
    return patch;
  }
  return std::nullopt;
}

// A zero point of 0.
std::optional<Patch> drop_zero_point(Graph& graph, const Uses&, NodeId id) {
  const Node& node = graph.node(id);
  if (!is_op(node, "Quantize") && !is_op(node, "Dequantize")) return std::nullopt;
  if (node.inputs.size() != 3 || splat(graph, node.inputs[2]) != 0.0) return std::nullopt;
  const OpPtr op = node.op;
  const std::string name = node.name;
  const TensorId from = node.outputs[0], x = node.inputs[0], scale = node.inputs[1];
  Patch patch(graph);
  const TensorId by = patch.add(name, op, {x, scale});
  if (!(type_of(graph, by) == type_of(graph, from))) return std::nullopt;
  patch.replace(from, by);
  return patch;
}

// Transpose, elementwise nodes, the inverse transpose: the elementwise nodes alone. Other operands must be scalars.
std::optional<Patch> cancel_transposes(Graph& graph, const Uses& uses, NodeId id) {
  if (!is_op(graph.node(id), "Transpose")) return std::nullopt;
  const TensorId from = graph.node(id).outputs[0];
  const auto outer = permutation_of(graph, graph.node(id));
  struct Step {
    Node node;
    size_t operand;
  };
  std::vector<Step> chain;
  TensorId at = graph.node(id).inputs[0];
  while (const Node* node = graph.producer(at)) {
    if (is_op(*node, "Transpose")) break;
    if (!elementwise(*node) || uses.only_reader(at) == kNone) return std::nullopt;
    std::optional<size_t> operand;
    for (size_t i = 0; i < node->inputs.size(); ++i) {
      if (const Constant* constant = constant_of(graph, node->inputs[i]); constant && constant->elements() == 1)
        continue;
      if (operand) return std::nullopt;
      operand = i;
    }
    if (!operand || type_of(graph, node->inputs[*operand]).dims != type_of(graph, at).dims) return std::nullopt;
    chain.push_back({*node, *operand});
    at = node->inputs[*operand];
  }
  const Node* first = made_by(graph, at, "Transpose");
  if (!first || chain.empty()) return std::nullopt;
  const auto inner = permutation_of(graph, *first);
  for (size_t i = 0; i < outer.size(); ++i) {
    if (inner[static_cast<size_t>(outer[i])] != static_cast<int64_t>(i)) return std::nullopt;
  }
  TensorId by = first->inputs[0];
  Patch patch(graph);
  for (auto step = chain.rbegin(); step != chain.rend(); ++step) {
    step->node.inputs[step->operand] = by;
    by = patch.add(step->node.name, step->node.op, step->node.inputs);
  }
  if (!(type_of(graph, by) == type_of(graph, from))) return std::nullopt;
  patch.replace(from, by);
  return patch;
}

constexpr Rule kRules[] = {drop, drop_neutral, drop_zero_point, merge_transposes, merge_reshapes, cancel_transposes};

}  // namespace

extern const Pass identities = {"identities", kRules};

}  // namespace tn::passes
