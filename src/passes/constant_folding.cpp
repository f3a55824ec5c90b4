// SPDX-License-Identifier: Apache-2.0
// Nodes that depend on nothing but constants become constants.
#include <algorithm>

#include "ops/quant/roles.h"
#include "passes/evaluate.h"
#include "passes/match.h"
#include "passes/pipeline.h"
#include "passes/quantization.h"

namespace tn::passes {
namespace {

// A result may be this large, or a few times as large as what it is made from: a filled tensor stays a node. But not a
// filter: the kernels of convolutions pack theirs while the engine is built.
constexpr int64_t kAlwaysFolded = 1 << 14, kGrowth = 2, kLargestFilter = 1 << 24;

bool is_filter(const Graph& graph, const Uses& uses, TensorId id) {
  return std::ranges::any_of(uses.readers(id), [&](NodeId reader) {
    const Node& node = graph.node(reader);
    return ops::is_convolution(node) && node.inputs[1] == id;
  });
}

bool worth_folding(const Graph& graph, const Uses& uses, const Node& node) {
  int64_t before = 0, after = 0;
  for (const TensorId input : node.inputs) before += input == kNone ? 0 : graph.tensor(input).constant->elements();
  for (const TensorId output : node.outputs) {
    const auto shape = graph.tensor(output).type.static_shape();
    if (!shape) return false;
    after += shape->elements();
  }
  return after <= std::max(kAlwaysFolded, kGrowth * before) ||
         (after <= kLargestFilter && is_filter(graph, uses, node.outputs[0]));
}

std::optional<Patch> fold(Graph& graph, const Uses& uses, NodeId id) {
  const Node node = graph.node(id);
  const bool all_constant = std::ranges::all_of(
      node.inputs, [&](TensorId input) { return input == kNone || graph.tensor(input).constant != nullptr; });
  if (node.inputs.empty() || !all_constant || !node.op->deterministic() || !worth_folding(graph, uses, node) ||
      loads_weights(graph, uses, node))
    return std::nullopt;
  std::vector<ConstantPtr> inputs;
  for (const TensorId input : node.inputs) inputs.push_back(input == kNone ? nullptr : graph.tensor(input).constant);
  std::vector<ConstantPtr> results;
  try {
    results = evaluate(node, inputs);
  } catch (const Error&) {
    return std::nullopt;  // an index out of range, say: running the node says so
  }
  Patch patch(graph);
  for (size_t i = 0; i < results.size(); ++i)
    patch.replace(node.outputs[i], patch.constant(graph.tensor(node.outputs[i]).name, results[i]));
  return patch;
}

// A result whose elements all follow from extents that are numbers.
std::optional<Patch> fold_known_value(Graph& graph, const Uses&, NodeId id) {
  const Node& node = graph.node(id);
  if (node.outputs.size() != 1) return std::nullopt;
  const TensorId output = node.outputs[0];
  const Tensor tensor = graph.tensor(output);
  const auto shape = tensor.type.static_shape();
  if (!tensor.value || !shape || shape->elements() != static_cast<int64_t>(tensor.value->size())) return std::nullopt;
  if (is_float(tensor.type.type) || !std::ranges::all_of(*tensor.value, &Dim::is_constant)) return std::nullopt;
  Patch patch(graph);
  const auto data = Constant::make(tensor.type.type, *shape, [&](const TensorView& view) {
    for (size_t i = 0; i < tensor.value->size(); ++i)
      store_int64(view, static_cast<int64_t>(i), *(*tensor.value)[i].constant());
  });
  patch.replace(output, patch.constant(tensor.name, data));
  return patch;
}

constexpr Rule kRules[] = {fold_known_value, fold};

}  // namespace

extern const Pass constant_folding = {"constant_folding", kRules};

}  // namespace tn::passes
