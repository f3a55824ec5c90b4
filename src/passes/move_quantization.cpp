// SPDX-License-Identifier: Apache-2.0
// Quantize goes backward and Dequantize forward through operators that only move values, so that these move integers
// and the products on both sides meet; each move gives the same numbers to the bit. Pairs that undo each other vanish.
#include <algorithm>
#include <array>
#include <cmath>

#include "passes/evaluate.h"
#include "passes/match.h"
#include "passes/merge_rules.h"
#include "passes/pipeline.h"
#include "passes/quantization.h"

namespace tn::passes {
namespace {

using Integers = std::vector<int64_t>;

bool equal(const Constant* a, const Constant* b) {
  if (a == b) return true;
  return a && b && a->type() == b->type() && a->elements() == b->elements() &&
         std::ranges::equal(a->bytes(), b->bytes());
}

// There is none of 0: `identities` has dropped it.
const Constant* zero_point_of(const Graph& graph, const Node& node) {
  return constant_input(graph, node, 2);
}

// Quantize or Dequantize with one ordinary scale for all: monotonic, and what is quantized so keeps its integers.
bool is_uniform(const Graph& graph, const Node& node, std::string_view op) {
  if (!is_op(node, op) || !has_one_scale(graph, node)) return false;
  const TensorId number = op == "Quantize" ? node.inputs[0] : node.outputs[0];
  const double scale = constant_input(graph, node, 1)->number(0);
  return is_float(type_of(graph, number).type) && scale > 1e-30 && scale < 1e30;
}

const Node* uniform_load(const Graph& graph, TensorId id) {
  const Node* node = made_by(graph, id, "Dequantize");
  return node && is_uniform(graph, *node, "Dequantize") ? node : nullptr;
}

bool same_parameters(const Graph& graph, const Node& a, const Node& b) {
  return equal(constant_input(graph, a, 1), constant_input(graph, b, 1)) &&
         equal(zero_point_of(graph, a), zero_point_of(graph, b));
}

DataType integers_of(const Graph& graph, const Node& quantization) {
  return type_of(graph, is_op(quantization, "Quantize") ? quantization.outputs[0] : quantization.inputs[0]).type;
}

struct Range {
  int64_t low, high;
};
Range range_of(DataType type) {
  const int64_t size = int64_t{1} << bits_of(type);
  return is_signed_integer(type) ? Range{-size / 2, size / 2 - 1} : Range{0, size - 1};
}

bool is_narrow_integer(DataType type) {
  return is_integer(type) && bits_of(type) <= 8;
}

// What the number becomes.
ConstantPtr quantized(const Graph& graph, const Node& quantize, double number) {
  std::vector<ConstantPtr> inputs = {Constant::scalar(type_of(graph, quantize.inputs[0]).type, number)};
  for (size_t i = 1; i < quantize.inputs.size(); ++i) inputs.push_back(graph.tensor(quantize.inputs[i]).constant);
  return evaluate(quantize, inputs)[0];
}

// Every window of a maximum has something that is no padding.
bool no_window_is_empty(const Node& pool) {
  const auto kernel = attribute<Integers>(*pool.op, "kernel"), pads = attribute<Integers>(*pool.op, "pads");
  for (const int64_t dilation : attribute<Integers>(*pool.op, "dilations")) {
    if (dilation != 1) return false;
  }
  for (size_t i = 0; i < pads.size(); ++i) {
    if (pads[i] >= kernel[i % kernel.size()]) return false;
  }
  return true;
}

std::optional<double> padding_of(const Graph& graph, const Node& pad) {
  return has_input(pad, 2) ? splat(graph, pad.inputs[2]) : std::optional(0.0);
}

// The operands of an operator that moves integers instead: a Pad pads with integers.
std::vector<TensorId> moved_inputs(Patch& patch, const Node& node, TensorId data, const ConstantPtr& padding) {
  std::vector<TensorId> inputs = node.inputs;
  inputs[0] = data;
  if (!padding) return inputs;
  inputs.resize(std::max<size_t>(inputs.size(), 3), kNone);
  inputs[2] = patch.constant(node.name + "/value", padding);
  return inputs;
}

// op(Dequantize(q))  →  Dequantize(op(q))
std::optional<Patch> move_forward(Graph& graph, const Uses&, NodeId id) {
  const Node node = graph.node(id);
  if (!only_moves(node) || node.inputs.empty()) return std::nullopt;
  const Node* found = uniform_load(graph, node.inputs[0]);
  if (!found || (is_op(node, "MaxPool") && !no_window_is_empty(node))) return std::nullopt;
  const Node load = *found;
  ConstantPtr padding;
  if (is_op(node, "Pad") && attribute<std::string>(*node.op, "mode") == "constant") {
    const auto value = padding_of(graph, node);
    if (value != 0.0) return std::nullopt;
    const Constant* zero = zero_point_of(graph, load);
    padding = Constant::scalar(integers_of(graph, load), zero ? zero->number(0) : 0);
  }
  Patch patch(graph);
  const auto moved = patch.add_node(node.name, node.op, moved_inputs(patch, node, load.inputs[0], padding));
  for (size_t i = 0; i < moved.size(); ++i) {
    std::vector<TensorId> inputs = load.inputs;
    inputs[0] = moved[i];
    patch.replace(node.outputs[i], patch.add(load.name, load.op, inputs));
  }
  return patch;
}

// The weights of a product, with a scale for each channel, are transposed as integers.
std::optional<Patch> transpose_weights(Graph& graph, const Uses&, NodeId id) {
  const Node node = graph.node(id);
  if (!is_op(node, "Transpose")) return std::nullopt;
  const Node* found = made_by(graph, node.inputs[0], "Dequantize");
  if (!found || !is_load(graph, *found) || !constant_input(graph, *found, 0)) return std::nullopt;
  const Node load = *found;
  const int rank = type_of(graph, load.inputs[0]).rank();
  for (const TensorId parameter : load.inputs) {
    if (type_of(graph, parameter).rank() != rank) return std::nullopt;
  }
  Patch patch(graph);
  std::vector<TensorId> inputs;
  for (const TensorId input : load.inputs) inputs.push_back(patch.add(node.name, node.op, {input}));
  patch.replace(node.outputs[0], patch.add(load.name, load.op, inputs));
  return patch;
}

// Concat of what has the same scale.
std::optional<Patch> move_forward_through_concat(Graph& graph, const Uses&, NodeId id) {
  const Node node = graph.node(id);
  if (!is_op(node, "Concat")) return std::nullopt;
  std::vector<TensorId> integers;
  for (const TensorId input : node.inputs) {
    const Node* load = uniform_load(graph, input);
    const Node* first = uniform_load(graph, node.inputs[0]);
    if (!load || !same_parameters(graph, *load, *first) || integers_of(graph, *load) != integers_of(graph, *first) ||
        !(load->op->attributes() == first->op->attributes()))
      return std::nullopt;
    integers.push_back(load->inputs[0]);
  }
  const Node load = *uniform_load(graph, node.inputs[0]);
  Patch patch(graph);
  std::vector<TensorId> inputs = load.inputs;
  inputs[0] = patch.add(node.name, node.op, integers);
  patch.replace(node.outputs[0], patch.add(load.name, load.op, inputs));
  return patch;
}

// Quantize(op(x))  →  op(Quantize(x)) where nobody else reads op(x).
std::optional<Patch> move_backward(Graph& graph, const Uses& uses, NodeId id) {
  const Node quantize = graph.node(id);
  if (!is_uniform(graph, quantize, "Quantize") || !is_narrow_integer(integers_of(graph, quantize))) return std::nullopt;
  const TensorId from = quantize.inputs[0];
  const Node* producer = graph.producer(from);
  const bool concat = producer && is_op(*producer, "Concat");
  if (!producer || uses.only_reader(from) == kNone || producer->outputs.size() != 1) return std::nullopt;
  if (!concat && (!only_moves(*producer) || uses.only_reader(producer->inputs[0]) == kNone)) return std::nullopt;
  const Node node = *producer;
  ConstantPtr padding;
  if (is_op(node, "Pad") && attribute<std::string>(*node.op, "mode") == "constant") {
    const auto value = padding_of(graph, node);
    if (!value) return std::nullopt;
    padding = quantized(graph, quantize, *value);
  }
  Patch patch(graph);
  const auto quantized_before = [&](TensorId x) {
    std::vector<TensorId> inputs = quantize.inputs;
    inputs[0] = x;
    return patch.add(quantize.name, quantize.op, inputs);
  };
  std::vector<TensorId> inputs;
  if (concat) {
    for (const TensorId input : node.inputs) inputs.push_back(quantized_before(input));
  } else {
    inputs = moved_inputs(patch, node, quantized_before(node.inputs[0]), padding);
  }
  patch.replace(quantize.outputs[0], patch.add(node.name, node.op, inputs));
  return patch;
}

// Quantize(Dequantize(q))  →  q
std::optional<Patch> drop_pair(Graph& graph, const Uses&, NodeId id) {
  const Node& quantize = graph.node(id);
  if (!is_uniform(graph, quantize, "Quantize")) return std::nullopt;
  const Node* load = uniform_load(graph, quantize.inputs[0]);
  if (!load || !same_parameters(graph, quantize, *load) || type_of(graph, load->outputs[0]).type != DataType::F32)
    return std::nullopt;
  const TensorId from = quantize.outputs[0], to = load->inputs[0];
  if (!is_narrow_integer(integers_of(graph, quantize)) || !(type_of(graph, from) == type_of(graph, to)))
    return std::nullopt;
  Patch patch(graph);
  patch.replace(from, to);
  return patch;
}

// The bounds of a Relu or Clip; infinite where there is none.
struct Bounds {
  double low, high;
};
std::optional<Bounds> bounds_of(const Graph& graph, const Node& node) {
  if (is_op(node, "Relu")) return Bounds{0, INFINITY};
  if (!is_op(node, "Clip")) return std::nullopt;
  const auto low = has_input(node, 1) ? splat(graph, node.inputs[1]) : std::optional<double>(-INFINITY);
  const auto high = has_input(node, 2) ? splat(graph, node.inputs[2]) : std::optional<double>(INFINITY);
  return low && high && *low <= *high ? std::optional(Bounds{*low, *high}) : std::nullopt;
}

// Whether it is a permission, which may vanish again: nothing can rely on it.
bool is_implicit(const Node& quantization) {
  return attribute<bool>(*quantization.op, "implicit");
}

// A Quantize saturates where the activation in front of it does.
std::optional<Patch> drop_clamp_before(Graph& graph, const Uses& uses, NodeId id) {
  const Node quantize = graph.node(id);
  if (!is_uniform(graph, quantize, "Quantize") || is_implicit(quantize)) return std::nullopt;
  if (!is_narrow_integer(integers_of(graph, quantize))) return std::nullopt;
  const Node* clamp = uses.only_reader(quantize.inputs[0]) == kNone ? nullptr : graph.producer(quantize.inputs[0]);
  const auto bounds = clamp ? bounds_of(graph, *clamp) : std::nullopt;
  if (!bounds) return std::nullopt;
  const Range range = range_of(integers_of(graph, quantize));
  if (quantized(graph, quantize, bounds->low)->integer(0) != range.low ||
      quantized(graph, quantize, bounds->high)->integer(0) != range.high)
    return std::nullopt;
  std::vector<TensorId> inputs = quantize.inputs;
  inputs[0] = clamp->inputs[0];
  Patch patch(graph);
  patch.replace(quantize.outputs[0], patch.add(quantize.name, quantize.op, inputs));
  return patch;
}

// No integer stands for a number that the activation would change.
std::optional<Patch> drop_clamp_behind(Graph& graph, const Uses&, NodeId id) {
  const Node& clamp = graph.node(id);
  const auto bounds = bounds_of(graph, clamp);
  const Node* load = bounds ? uniform_load(graph, clamp.inputs[0]) : nullptr;
  if (!load || !is_narrow_integer(integers_of(graph, *load)) || is_implicit(*load)) return std::nullopt;
  const Range range = range_of(integers_of(graph, *load));
  const Constant* zero = zero_point_of(graph, *load);
  const double scale = constant_input(graph, *load, 1)->number(0), shift = zero ? zero->number(0) : 0;
  const double low = (static_cast<double>(range.low) - shift) * scale,
               high = (static_cast<double>(range.high) - shift) * scale;
  if (low < bounds->low || high > bounds->high) return std::nullopt;
  const TensorId from = clamp.outputs[0], to = clamp.inputs[0];
  Patch patch(graph);
  patch.replace(from, to);
  return patch;
}

// Dequantize(Quantize(x))  →  x where nothing computes with the integers that a range permits.
std::optional<Patch> drop_permission(Graph& graph, const Uses&, NodeId id) {
  const Node& load = graph.node(id);
  if (!is_op(load, "Dequantize") || !is_implicit(load)) return std::nullopt;
  const Node* quantize = made_by(graph, load.inputs[0], "Quantize");
  if (!quantize || !is_implicit(*quantize)) return std::nullopt;
  const TensorId from = load.outputs[0], to = quantize->inputs[0];
  if (!(type_of(graph, from) == type_of(graph, to))) return std::nullopt;
  Patch patch(graph);
  patch.replace(from, to);
  return patch;
}

constexpr Rule kRules[] = {drop_pair,         drop_clamp_before, drop_clamp_behind,          move_forward,
                           transpose_weights, move_backward,     move_forward_through_concat};

constexpr Rule kPermissionRules[] = {drop_permission};

}  // namespace

extern const Pass move_quantization = {"move_quantization", kRules};
extern const Pass drop_permissions = {"drop_permissions", kPermissionRules};

}  // namespace tn::passes
