// SPDX-License-Identifier: Apache-2.0
#include "builder/bias_place.h"

#include "ops/quant/roles.h"

namespace tn {

std::optional<BiasPlace> bias_place(const Graph& graph, NodeId product) {
  constexpr size_t kBias = 2;
  const Node& node = graph.node(product);
  const TensorId result = node.outputs[0];
  const Dims& dims = graph.tensor(result).type.dims;
  const Dim& channels = ops::is_convolution(node) ? dims[1] : dims.back();
  const auto is_bias = [&](TensorId id) {
    const Constant* constant = graph.tensor(id).constant.get();
    return constant && constant->type() == DataType::F32 && channels.constant() == constant->elements();
  };
  if (ops::is_convolution(node)) {
    const bool absent = node.inputs.size() <= kBias || node.inputs[kBias] == kNone;
    return absent || is_bias(node.inputs[kBias]) ? std::optional(BiasPlace{product, kBias}) : std::nullopt;
  }
  const auto readers = graph.consumers(result);
  if (readers.size() != 1 || graph.node(readers[0]).op->name() != "Add" || graph.is_output(result)) return std::nullopt;
  const size_t input = graph.node(readers[0]).inputs[0] == result ? 1 : 0;
  return is_bias(graph.node(readers[0]).inputs[input]) ? std::optional(BiasPlace{readers[0], input}) : std::nullopt;
}

ConstantPtr bias_at(const Graph& graph, const BiasPlace& place) {
  const auto& inputs = graph.node(place.node).inputs;
  const TensorId id = place.input < inputs.size() ? inputs[place.input] : kNone;
  return id == kNone ? nullptr : graph.tensor(id).constant;
}

}  // namespace tn
