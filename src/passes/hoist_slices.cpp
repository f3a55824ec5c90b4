// SPDX-License-Identifier: Apache-2.0
// Slices move in front of what computes the indices of their axis apart, so that a result that is only read in part is
// only computed in part: of a transformer whose class token (or last token) alone is read, most of the last layer.
#include <algorithm>

#include "ir/infer_context.h"
#include "ops/attention/attention.h"
#include "ops/matmul/matmul.h"
#include "ops/norm/norm.h"
#include "ops/reduce/softmax.h"
#include "ops/rules.h"
#include "ops/shape/slice.h"
#include "passes/merge_rules.h"
#include "passes/pipeline.h"

namespace tn::passes {
namespace {

constexpr int kWhole = -1;
constexpr int kFarthest = 8;  // nodes that a slice passes on its way to one that becomes cheaper

/// For each operand of a node the axis along which it is sliced when the result is; kWhole: not at all.
using Axes = std::vector<int>;

/// Under broadcasting to a result of this type.
std::optional<int> broadcast_axis(const TensorType& operand, const TensorType& result, int axis) {
  const int own = axis - (result.rank() - operand.rank());
  if (own < 0 || operand.dims[static_cast<size_t>(own)] == Dim(1)) return kWhole;
  return operand.dims[static_cast<size_t>(own)] == result.dims[static_cast<size_t>(axis)] ? std::optional(own)
                                                                                          : std::nullopt;
}

std::optional<Axes> broadcast_axes(const Graph& graph, const Node& node, int axis) {
  Axes axes;
  for (const TensorId input : node.inputs) {
    const auto own =
        input == kNone ? kWhole : broadcast_axis(type_of(graph, input), type_of(graph, node.outputs[0]), axis);
    if (!own) return std::nullopt;
    axes.push_back(*own);
  }
  return axes;
}

std::optional<Axes> axes_of_product(const Graph& graph, const Node& node, const ops::MatMul& op, int axis) {
  const int from_end = type_of(graph, node.outputs[0]).rank() - axis;
  if (from_end > 2) return broadcast_axes(graph, node, axis);
  if (from_end == 1) return std::nullopt;
  return Axes{type_of(graph, node.inputs[0]).rank() - (op.transpose_a ? 1 : 2), kWhole};
}

// Only queries stand apart.
std::optional<Axes> axes_of_attention(const Graph& graph, const Node& node, const ops::Attention& op, int axis) {
  constexpr int kQueries = 2;
  if (axis != kQueries || op.causal) return std::nullopt;
  Axes axes(node.inputs.size(), kWhole);
  axes[0] = kQueries;
  if (!has_input(node, 3)) return axes;
  const auto mask = broadcast_axis(type_of(graph, node.inputs[3]), type_of(graph, node.outputs[0]), axis);
  if (!mask) return std::nullopt;
  axes[3] = *mask;
  return axes;
}

// The axis that a reshape leaves as it is, with as many elements before it.
std::optional<Axes> axes_of_reshape(const Graph& graph, const Node& node, int axis) {
  const Dims from = type_of(graph, node.inputs[0]).dims, to = type_of(graph, node.outputs[0]).dims;
  const Dim before = product({to.begin(), to.begin() + axis});
  Dim passed = 1;
  for (size_t i = 0; i < from.size(); ++i) {
    if (passed == before && from[i] == to[static_cast<size_t>(axis)]) return Axes{static_cast<int>(i), kWhole};
    passed = passed * from[i];
  }
  return std::nullopt;
}

/// How operands are sliced so that the node gives the slice of its result along `axis`; nothing if it does not.
std::optional<Axes> sliced_axes(const Graph& graph, const Node& node, int axis) {
  if (node.outputs.size() != 1 || type_of(graph, node.outputs[0]).dims[static_cast<size_t>(axis)] == Dim(1))
    return std::nullopt;
  if (elementwise(node)) return broadcast_axes(graph, node, axis);
  const int rank = type_of(graph, node.outputs[0]).rank();
  if (const auto* norm = dynamic_cast<const ops::NormOverTail*>(node.op.get()))
    return axis < ops::normalize_axis(norm->axis, rank) ? broadcast_axes(graph, node, axis) : std::nullopt;
  if (const auto* op = dynamic_cast<const ops::AlongAxis*>(node.op.get()))
    return axis != ops::normalize_axis(op->axis, rank) ? std::optional(Axes{axis}) : std::nullopt;
  if (const auto* op = dynamic_cast<const ops::MatMul*>(node.op.get())) return axes_of_product(graph, node, *op, axis);
  if (const auto* op = dynamic_cast<const ops::Attention*>(node.op.get()))
    return axes_of_attention(graph, node, *op, axis);
  if (is_op(node, "Transpose")) return Axes{static_cast<int>(permutation_of(graph, node)[static_cast<size_t>(axis)])};
  if (is_op(node, "Reshape")) return axes_of_reshape(graph, node, axis);
  return std::nullopt;
}

bool is_costly(const Node& node) {
  const Op* op = node.op.get();
  return dynamic_cast<const ops::MatMul*>(op) || dynamic_cast<const ops::Attention*>(op) ||
         dynamic_cast<const ops::NormOverTail*>(op) || dynamic_cast<const ops::AlongAxis*>(op);
}

// Whether a slice of the node's result reaches something costly. Elsewhere it would only part what runs as one.
bool saves_work(const Graph& graph, const Uses& uses, const Node& node, int axis, int farthest = kFarthest) {
  const auto axes = sliced_axes(graph, node, axis);
  if (!axes || is_costly(node) || farthest == 0) return axes && is_costly(node);
  for (size_t i = 0; i < axes->size(); ++i) {
    const Node* maker = (*axes)[i] == kWhole ? nullptr : graph.producer(node.inputs[i]);
    if (maker && uses.only_reader(node.inputs[i]) != kNone && saves_work(graph, uses, *maker, (*axes)[i], farthest - 1))
      return true;
  }
  return false;
}

/// A slice along one axis, or a gather of one index.
struct Selection {
  int axis;
  Dim extent;
  bool keeps_axis;
};

std::optional<Selection> selection_of(const Graph& graph, const Node& node) {
  if (is_op(node, "Slice")) {
    const auto ranges = ops::slice_ranges(GraphInferContext(graph, node, "", nullptr));
    if (!ranges || ranges->size() != 1) return std::nullopt;
    return Selection{(*ranges)[0].axis, (*ranges)[0].extent, true};
  }
  const Constant* index = is_op(node, "Gather") ? constant_input(graph, node, 1) : nullptr;
  if (!index || index->dims().rank() != 0) return std::nullopt;
  const int rank = type_of(graph, node.inputs[0]).rank();
  return Selection{ops::normalize_axis(attribute<int64_t>(*node.op, "axis"), rank), 1, false};
}

bool same_operand(const Graph& graph, TensorId a, TensorId b) {
  const Constant *left = constant_of(graph, a), *right = constant_of(graph, b);
  return a == b || (left && right && left->type() == right->type() && left->dims() == right->dims() &&
                    std::ranges::equal(left->bytes(), right->bytes()));
}

// Whether two nodes take the same part of one tensor.
bool same_selection(const Graph& graph, const Node& a, const Node& b) {
  return a.op->name() == b.op->name() && a.op->attributes() == b.op->attributes() &&
         std::ranges::equal(std::span(a.inputs), std::span(b.inputs),
                            [&](TensorId left, TensorId right) { return same_operand(graph, left, right); });
}

/// Makes the same selection from other tensors, with the axis kept.
class Slicer {
 public:
  Slicer(Patch& patch, const Graph& graph, const Node& selection) : patch_(patch), name_(selection.name) {
    if (is_op(selection, "Slice")) {
      starts_ = selection.inputs[1], ends_ = selection.inputs[2];
      steps_ = has_input(selection, 4) ? selection.inputs[4] : kNone;
      return;
    }
    const int64_t index = constant_of(graph, selection.inputs[1])->integer(0);
    starts_ = vector("starts", index);
    ends_ = vector("ends", index == -1 ? INT64_MAX : index + 1);
  }

  TensorId slice(TensorId x, int axis) {
    std::vector<TensorId> inputs = {x, starts_, ends_, vector("axes", axis)};
    if (steps_ != kNone) inputs.push_back(steps_);
    return patch_.add(name_, make_op("Slice"), std::move(inputs));
  }
  TensorId vector(std::string_view what, int64_t value) {
    return patch_.constant(fmt::format("{}/{}", name_, what), integers(std::vector<int64_t>{value}));
  }

 private:
  Patch& patch_;
  std::string name_;
  TensorId starts_, ends_, steps_ = kNone;
};

/// Of a tensor that is read by slices of one part only.
std::optional<Patch> hoist(Graph& graph, const Uses& uses, NodeId id) {
  const Node selecting = graph.node(id);
  const auto selection = selection_of(graph, selecting);
  const Node* producer = selection ? graph.producer(selecting.inputs[0]) : nullptr;
  if (!producer || uses.is_output(selecting.inputs[0]) || !saves_work(graph, uses, *producer, selection->axis))
    return std::nullopt;
  std::vector<TensorId> results;
  for (const NodeId reader : uses.readers(selecting.inputs[0])) {
    if (!same_selection(graph, graph.node(reader), selecting)) return std::nullopt;
    results.push_back(graph.node(reader).outputs[0]);
  }
  const Node maker = *producer;
  const Axes axes = *sliced_axes(graph, maker, selection->axis);
  Dims dims = type_of(graph, maker.outputs[0]).dims;
  dims[static_cast<size_t>(selection->axis)] = selection->extent;
  const TensorType result = type_of(graph, results[0]);

  Patch patch(graph);
  Slicer slicer(patch, graph, selecting);
  std::vector<TensorId> inputs = maker.inputs;
  for (size_t i = 0; i < axes.size(); ++i)
    if (axes[i] != kWhole) inputs[i] = slicer.slice(inputs[i], axes[i]);
  if (is_op(maker, "Reshape")) {
    const ConstantPtr shape = shape_constant(dims);
    if (!shape) return std::nullopt;
    inputs[1] = patch.constant(maker.name + "/shape", shape);
  }
  TensorId part = patch.add(maker.name, maker.op, std::move(inputs));
  if (type_of(graph, part).dims != dims) return std::nullopt;
  if (!selection->keeps_axis)
    part = patch.add(selecting.name, make_op("Squeeze"), {part, slicer.vector("axis", selection->axis)});
  if (!(type_of(graph, part) == result)) return std::nullopt;
  for (const TensorId old : results) patch.replace(old, part);
  return patch;
}

constexpr Rule kRules[] = {hoist};

}  // namespace

extern const Pass hoist_slices = {"hoist_slices", kRules};

}  // namespace tn::passes
