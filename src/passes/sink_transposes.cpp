// SPDX-License-Identifier: Apache-2.0
// Transposes move behind reshapes that split axes, behind what takes axes away, behind linear layers and their biases:
// there they meet others and merge, or are a view for what follows, as in attention that was written with the sequence
// as its first axis.
#include <algorithm>
#include <numeric>

#include "passes/merge_rules.h"
#include "passes/pipeline.h"

namespace tn::passes {
namespace {

using Axes = std::vector<int64_t>;

/// For each axis of `whole`, how many axes of `parts` it is the product of; nothing if `parts` does not split `whole`.
std::optional<Axes> split_counts(const Dims& whole, const Dims& parts) {
  Axes counts;
  size_t at = 0;
  for (const Dim& dim : whole) {
    const size_t begin = at;
    Dim product = 1;
    while (at < parts.size() && (at == begin || !(product == dim))) product = product * parts[at++];
    if (!(product == dim)) return std::nullopt;
    counts.push_back(static_cast<int64_t>(at - begin));
  }
  if (at != parts.size()) return std::nullopt;
  return counts;
}

TensorId transposed(Patch& patch, const std::string& name, TensorId x, const Axes& permutation) {
  return patch.add(name, make_op("Transpose", {{"perm", permutation}}), {x});
}

/// Permutes groups of neighbouring axes: `counts` are the groups' sizes in the order they come out.
struct Groups {
  Dims dims;         ///< of the source
  Axes permutation;  ///< of its axes
};
Groups regroup(const Dims& out_dims, const Axes& counts, const Axes& permutation) {
  const size_t groups = counts.size();
  Axes begin_out(groups, 0), begin_in(groups, 0);
  std::exclusive_scan(counts.begin(), counts.end(), begin_out.begin(), int64_t{0});
  Groups result;
  for (size_t axis = 0; axis < groups; ++axis) {
    const auto group =
        static_cast<size_t>(std::ranges::find(permutation, static_cast<int64_t>(axis)) - permutation.begin());
    begin_in[group] = static_cast<int64_t>(result.dims.size());
    for (int64_t i = 0; i < counts[group]; ++i)
      result.dims.push_back(out_dims[static_cast<size_t>(begin_out[group] + i)]);
  }
  for (size_t group = 0; group < groups; ++group) {
    for (int64_t i = 0; i < counts[group]; ++i) result.permutation.push_back(begin_in[group] + i);
  }
  return result;
}

/// Reshape(Transpose(x)) that splits axes is Transpose(Reshape(x)).
std::optional<Patch> behind_split(Graph& graph, const Uses& uses, NodeId id) {
  const Node& node = graph.node(id);
  if (!is_op(node, "Reshape") || uses.only_reader(node.inputs[0]) == kNone) return std::nullopt;
  const Node* transpose = made_by(graph, node.inputs[0], "Transpose");
  if (!transpose) return std::nullopt;
  const TensorType whole = type_of(graph, node.inputs[0]), type = type_of(graph, node.outputs[0]);
  const auto counts = split_counts(whole.dims, type.dims);
  if (!counts || whole.rank() == type.rank()) return std::nullopt;
  const Groups groups = regroup(type.dims, *counts, permutation_of(graph, *transpose));
  const ConstantPtr shape = shape_constant(groups.dims);
  if (!shape) return std::nullopt;
  const std::string name = node.name, transpose_name = transpose->name;
  const TensorId x = transpose->inputs[0], output = node.outputs[0];
  Patch patch(graph);
  const TensorId split = patch.add(name, make_op("Reshape"), {x, patch.constant(name + "/shape", shape)});
  if (type_of(graph, split).dims != groups.dims) return std::nullopt;
  patch.replace(output, transposed(patch, transpose_name, split, groups.permutation));
  return patch;
}

/// The axes that Squeeze takes away, or Gather for one index that is constant; none for other nodes.
Axes axes_taken(const Graph& graph, const Node& node) {
  const int64_t rank = type_of(graph, node.inputs[0]).rank();
  const Constant* selects = constant_input(graph, node, 1);
  if (!selects) return {};
  Axes axes;
  if (is_op(node, "Squeeze")) axes = selects->integers();
  if (is_op(node, "Gather") && selects->dims().rank() == 0) axes = {attribute<int64_t>(*node.op, "axis")};
  for (int64_t& axis : axes) axis += axis < 0 ? rank : 0;
  return axes;
}

/// Squeeze(Transpose(x)), and Gather(Transpose(x), i) where all that reads the transpose takes an axis away.
std::optional<Patch> behind_selection(Graph& graph, const Uses& uses, NodeId id) {
  const Node& node = graph.node(id);
  if (!is_op(node, "Squeeze") && !is_op(node, "Gather")) return std::nullopt;
  const TensorId input = node.inputs[0], output = node.outputs[0];
  const Node* transpose = made_by(graph, input, "Transpose");
  const Axes taken = axes_taken(graph, node);
  if (!transpose || taken.empty() || uses.is_output(input)) return std::nullopt;
  for (const NodeId reader : uses.readers(input)) {
    if (graph.node(reader).inputs[0] != input || axes_taken(graph, graph.node(reader)).empty()) return std::nullopt;
  }
  const Axes permutation = permutation_of(graph, *transpose);
  Axes sources, rest;
  for (const int64_t axis : taken) sources.push_back(permutation[static_cast<size_t>(axis)]);
  for (size_t axis = 0; axis < permutation.size(); ++axis) {
    const int64_t from = permutation[axis];
    if (std::ranges::count(sources, from) > 0) continue;
    rest.push_back(from - std::ranges::count_if(sources, [&](int64_t source) { return source < from; }));
  }
  const std::string name = node.name, transpose_name = transpose->name;
  const TensorId x = transpose->inputs[0], index = node.inputs[1];
  const bool squeeze = is_op(node, "Squeeze");
  Patch patch(graph);
  const TensorId selected =
      squeeze ? patch.add(name, make_op("Squeeze"), {x, patch.constant(name + "/axes", integers(sources))})
              : patch.add(name, make_op("Gather", {{"axis", sources[0]}}), {x, index});
  patch.replace(output, is_identity(rest) ? selected : transposed(patch, transpose_name, selected, rest));
  return patch;
}

/// The product with a constant matrix that alone reads the tensor as its first factor.
const Node* linear_reader(const Graph& graph, const Uses& uses, TensorId id) {
  const NodeId reader = uses.only_reader(id);
  if (reader == kNone) return nullptr;
  const Node& node = graph.node(reader);
  if (!is_op(node, "MatMul") || node.inputs[0] != id || attribute<bool>(*node.op, "transpose_a")) return nullptr;
  return constant_of(graph, node.inputs[1]) && type_of(graph, node.inputs[1]).rank() == 2 ? &node : nullptr;
}

bool is_bias(const Graph& graph, TensorId id) {
  return constant_of(graph, id) && type_of(graph, id).rank() == 1;
}

/// Whether what reads a linear layer, or the bias behind it, is a transpose.
bool meets_transpose(const Graph& graph, const Uses& uses, const Node& linear) {
  NodeId reader = uses.only_reader(linear.outputs[0]);
  if (reader == kNone) return false;
  if (const Node& sum = graph.node(reader); is_op(sum, "Add") && is_bias(graph, other_input(sum, linear.outputs[0]))) {
    reader = uses.only_reader(sum.outputs[0]);
  }
  return reader != kNone && is_op(graph.node(reader), "Transpose");
}

/// Reshape(Transpose(x)) that gathers axes into rows of a linear layer whose result is transposed again: of the leading
/// axes, the order of x is kept.
std::optional<Patch> behind_merge(Graph& graph, const Uses& uses, NodeId id) {
  const Node& node = graph.node(id);
  if (!is_op(node, "Reshape") || uses.only_reader(node.inputs[0]) == kNone) return std::nullopt;
  const Node* transpose = made_by(graph, node.inputs[0], "Transpose");
  const Node* linear = transpose ? linear_reader(graph, uses, node.outputs[0]) : nullptr;
  if (!linear || !meets_transpose(graph, uses, *linear)) return std::nullopt;
  const TensorType type = type_of(graph, node.outputs[0]);
  const auto counts = split_counts(type.dims, type_of(graph, node.inputs[0]).dims);
  const size_t rank = type.dims.size();
  if (!counts || rank < 2) return std::nullopt;
  const Axes permutation = permutation_of(graph, *transpose);
  Axes begin(rank, 0), order(rank, 0), inner;
  std::exclusive_scan(counts->begin(), counts->end(), begin.begin(), int64_t{0});
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order.begin(), order.end() - 1, {},
                    [&](int64_t group) { return permutation[static_cast<size_t>(begin[static_cast<size_t>(group)])]; });
  if (std::ranges::is_sorted(order)) return std::nullopt;
  Axes outer(rank, 0);
  Dims dims;
  for (size_t place = 0; place < rank; ++place) {
    const auto group = static_cast<size_t>(order[place]);
    outer[group] = static_cast<int64_t>(place);
    dims.push_back(type.dims[group]);
    for (int64_t i = 0; i < (*counts)[group]; ++i) inner.push_back(permutation[static_cast<size_t>(begin[group] + i)]);
  }
  const ConstantPtr shape = shape_constant(dims);
  if (!shape) return std::nullopt;
  const std::string name = node.name, transpose_name = transpose->name;
  const TensorId x = transpose->inputs[0], output = node.outputs[0];
  Patch patch(graph);
  const TensorId sorted = transposed(patch, transpose_name, x, inner);
  const TensorId rows = patch.add(name, make_op("Reshape"), {sorted, patch.constant(name + "/shape", shape)});
  if (type_of(graph, rows).dims != dims) return std::nullopt;
  patch.replace(output, transposed(patch, name + "/order", rows, outer));
  return patch;
}

/// MatMul(Transpose(x), W) and Add(Transpose(x), bias) with the last axis in its place, for x of one reader.
std::optional<Patch> behind_linear(Graph& graph, const Uses& uses, NodeId id) {
  const Node& node = graph.node(id);
  const bool sum = is_op(node, "Add");
  if (!sum && !is_op(node, "MatMul")) return std::nullopt;
  for (size_t side = 0; side < (sum ? 2U : 1U); ++side) {
    const TensorId input = node.inputs[side], output = node.outputs[0];
    const Node* transpose = made_by(graph, input, "Transpose");
    if (!transpose || uses.only_reader(input) == kNone) continue;
    const TensorId x = transpose->inputs[0], other = node.inputs[1 - side];
    const Axes permutation = permutation_of(graph, *transpose);
    if (permutation.back() != static_cast<int64_t>(permutation.size()) - 1) continue;
    if (sum ? !is_bias(graph, other) || !made_by(graph, x, "MatMul") : !linear_reader(graph, uses, input)) continue;
    if (sum && type_of(graph, output).rank() != static_cast<int>(permutation.size())) continue;
    const std::string name = node.name, transpose_name = transpose->name;
    const OpPtr op = node.op;
    Patch patch(graph);
    const TensorId by = patch.add(name, op, {x, other});
    patch.replace(output, transposed(patch, transpose_name, by, permutation));
    return patch;
  }
  return std::nullopt;
}

constexpr Rule kRules[] = {behind_split,  behind_selection, behind_merge,
                           behind_linear, merge_transposes, merge_reshapes};

}  // namespace

extern const Pass sink_transposes = {"sink_transposes", kRules};

}  // namespace tn::passes
