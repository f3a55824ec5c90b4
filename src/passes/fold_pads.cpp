// SPDX-License-Identifier: Apache-2.0
// Zeros (or for a maximum, -inf) put around an image become the padding of the window operator that reads it.
#include <algorithm>
#include <cmath>

#include "passes/match.h"
#include "passes/pipeline.h"
#include "passes/quantization.h"

namespace tn::passes {
namespace {

using Integers = std::vector<int64_t>;

// Begin of every spatial axis, then end of each, as the window operators have them. Nothing if other axes are padded.
std::optional<Integers> spatial_pads(const Graph& graph, const Node& pad) {
  const int rank = type_of(graph, pad.inputs[0]).rank();
  const Constant* pads = constant_input(graph, pad, 1);
  if (!pads || attribute<std::string>(*pad.op, "mode") != "constant" || rank < 3) return std::nullopt;
  Integers axes;
  if (has_input(pad, 3)) {
    if (!constant_input(graph, pad, 3)) return std::nullopt;
    axes = constant_input(graph, pad, 3)->integers();
  } else {
    for (int64_t i = 0; i < rank; ++i) axes.push_back(i);
  }
  const Integers values = pads->integers();
  const auto spatial = static_cast<size_t>(rank) - 2;
  Integers result(2 * spatial, 0);
  for (size_t i = 0; i < axes.size(); ++i) {
    const int64_t axis = axes[i] < 0 ? axes[i] + rank : axes[i], begin = values[i], end = values[i + axes.size()];
    if (begin < 0 || end < 0 || (axis < 2 && begin + end > 0)) return std::nullopt;
    if (axis < 2) continue;
    result[static_cast<size_t>(axis) - 2] = begin;
    result[static_cast<size_t>(axis) - 2 + spatial] = end;
  }
  return result;
}

bool all_zero(const Integers& values) {
  return std::ranges::all_of(values, [](int64_t value) { return value == 0; });
}

// Whether the operator pads with the value by itself; adapts its attributes where that needs it.
bool pads_with(const Graph& graph, const Node& pad, std::string_view op, double value, const Integers& added,
               FieldMap& attributes) {
  if (op == "Conv") return value == 0;
  if (std::get<bool>(attributes["ceil"])) return false;
  const Integers kernel = std::get<Integers>(attributes["kernel"]);
  for (size_t i = 0; i < added.size(); ++i) {
    if (added[i] + std::get<Integers>(attributes["pads"])[i] >= kernel[i % kernel.size()]) return false;
  }
  if (op == "AveragePool") {
    if (value != 0 ||
        (!all_zero(std::get<Integers>(attributes["pads"])) && !std::get<bool>(attributes["count_include_pad"])))
      return false;
    attributes["count_include_pad"] = true;
    return true;
  }
  // A zero beside numbers that are not negative never changes a maximum of which one number is inside.
  if (op != "MaxPool" || std::get<bool>(attributes["indices"])) return false;
  const DataType type = type_of(graph, pad.inputs[0]).type;
  const bool lowest = is_integer(type) && bits_of(type) <= 8 &&
                      value == (is_signed_integer(type) ? -static_cast<double>(1 << (bits_of(type) - 1)) : 0.0);
  return lowest || value == -INFINITY || (value == 0 && made_by(graph, pad.inputs[0], "Relu"));
}

double dequantized(const Graph& graph, const Node& load, double integer) {
  const Constant *scale = constant_input(graph, load, 1), *zero = constant_input(graph, load, 2);
  return (integer - (zero ? zero->number(0) : 0)) * scale->number(0);
}

std::optional<Patch> fold(Graph& graph, const Uses&, NodeId id) {
  const Node node = graph.node(id);
  if (!is_op(node, "Conv") && !is_op(node, "AveragePool") && !is_op(node, "MaxPool")) return std::nullopt;
  // Between the two may stand a Dequantize.
  const Node* found = made_by(graph, node.inputs[0], "Dequantize");
  const std::optional<Node> load = found && has_one_scale(graph, *found) ? std::optional(*found) : std::nullopt;
  const Node* pad = made_by(graph, load ? load->inputs[0] : node.inputs[0], "Pad");
  const auto added = pad && node.outputs.size() == 1 ? spatial_pads(graph, *pad) : std::nullopt;
  if (!added) return std::nullopt;
  auto value = has_input(*pad, 2) ? splat(graph, pad->inputs[2]) : std::optional(0.0);
  if (value && load) value = dequantized(graph, *load, *value);
  FieldMap attributes = node.op->attributes();
  if (!value || !pads_with(graph, *pad, node.op->name(), *value, *added, attributes)) return std::nullopt;
  auto& pads = std::get<Integers>(attributes["pads"]);
  for (size_t i = 0; i < pads.size(); ++i) pads[i] += (*added)[i];
  std::vector<TensorId> inputs = node.inputs;
  inputs[0] = pad->inputs[0];
  Patch patch(graph);
  if (load) {
    std::vector<TensorId> operands = load->inputs;
    operands[0] = inputs[0];
    inputs[0] = patch.add(load->name, load->op, operands);
  }
  const TensorId by = patch.add(node.name, make_op(node.op->name(), attributes), inputs);
  if (!(type_of(graph, by) == type_of(graph, node.outputs[0]))) return std::nullopt;
  patch.replace(node.outputs[0], by);
  return patch;
}

constexpr Rule kRules[] = {fold};

}  // namespace

extern const Pass fold_pads = {"fold_pads", kRules};

}  // namespace tn::passes
