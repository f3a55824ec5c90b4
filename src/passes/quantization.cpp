// SPDX-License-Identifier: Apache-2.0
#include "passes/quantization.h"

#include <algorithm>
#include <array>

#include "ops/quant/roles.h"
#include "passes/match.h"

namespace tn::passes {
namespace {

constexpr std::array<std::string_view, 10> kMoves = {"Expand", "Flatten", "Gather",  "Pad",       "Reshape",
                                                     "Slice",  "Split",   "Squeeze", "Transpose", "Unsqueeze"};

// Whether the elements of a constant that broadcasts lie along at most one axis.
bool along_one_axis(const Constant& constant) {
  const Shape& dims = constant.dims();
  int axes = 0;
  for (int i = 0; i < dims.rank(); ++i) axes += dims[i] == 1 ? 0 : 1;
  return axes <= 1;
}

bool is_quantized(const Graph& graph, TensorId id) {
  const Node* node = graph.producer(id);
  if (!node) return false;
  return is_op(*node, "Dequantize") ||
         ((only_moves(*node) || is_op(*node, "Concat")) && is_quantized(graph, node->inputs[0]));
}

bool only_for_products(const Graph& graph, const Uses& uses, TensorId weights) {
  const auto readers = uses.readers(weights);
  return !readers.empty() && !uses.is_output(weights) && std::ranges::all_of(readers, [&](NodeId id) {
    const Node& reader = graph.node(id);
    if (ops::is_product(reader)) return reader.inputs[1] == weights && is_quantized(graph, reader.inputs[0]);
    return only_moves(reader) && reader.outputs.size() == 1 && only_for_products(graph, uses, reader.outputs[0]);
  });
}

}  // namespace

bool is_load(const Graph& graph, const Node& node) {
  if (!is_op(node, "Dequantize") || type_of(graph, node.outputs[0]).type != DataType::F32) return false;
  for (size_t i = 1; i < node.inputs.size(); ++i) {
    const Constant* parameter = constant_input(graph, node, i);
    if (!parameter || !along_one_axis(*parameter)) return false;
  }
  const Constant* data = constant_input(graph, node, 0);
  return type_of(graph, node.inputs[0]).dims == type_of(graph, node.outputs[0]).dims && (!data || data->elements() > 1);
}

bool has_one_scale(const Graph& graph, const Node& node) {
  const auto dims = [&](TensorId id) -> const Dims& { return type_of(graph, id).dims; };
  // Parameters of more axes would give others of them in another place.
  return dims(node.inputs[0]) == dims(node.outputs[0]) &&
         std::ranges::all_of(std::span(node.inputs).subspan(1), [&](TensorId id) {
           const Constant* parameter = constant_of(graph, id);
           return parameter && parameter->elements() == 1 && parameter->dims().rank() <= 1;
         });
}

bool only_moves(const Node& node) {
  if (is_op(node, "MaxPool")) return node.outputs.size() == 1;
  if (is_op(node, "Resize"))
    return attribute<std::string>(*node.op, "mode") == "nearest" &&
           attribute<std::string>(*node.op, "coordinate_transformation_mode") != "tf_crop_and_resize";
  return std::ranges::find(kMoves, node.op->name()) != kMoves.end();
}

bool loads_weights(const Graph& graph, const Uses& uses, const Node& node) {
  const Constant* weights = constant_input(graph, node, 0);
  return is_load(graph, node) && weights && size_of(weights->type()) == 1 && is_integer(weights->type()) &&
         only_for_products(graph, uses, node.outputs[0]);
}

}  // namespace tn::passes
