// SPDX-License-Identifier: Apache-2.0
#include "builder/rounding.h"

#include <algorithm>

#include "passes/evaluate.h"
#include "passes/pass_runner.h"
#include "passes/pipeline.h"
#include "passes/quantization.h"
#include "quant/apply.h"

namespace tn {
namespace {

bool is_load(const Graph& graph, TensorId id) {
  const Node* const node = id == kNone ? nullptr : graph.producer(id);
  return node && node->op->name() == "Dequantize";
}

// The load of constant integers; null for others.
const Node* load_of_constant(const Graph& graph, TensorId id) {
  if (!is_load(graph, id)) return nullptr;
  const Node* const load = graph.producer(id);
  return graph.tensor(load->inputs[0]).constant ? load : nullptr;
}

TensorId folded(Graph& graph, TensorId id) {
  const Node load = *graph.producer(id);
  std::vector<ConstantPtr> values;
  for (const TensorId input : load.inputs) values.push_back(input == kNone ? nullptr : graph.tensor(input).constant);
  return graph.add_constant(load.name, passes::evaluate(load, values)[0]);
}

Rounded widen(Graph& graph, const std::set<std::string>& floats) {
  Rounded result;
  for (const NodeId id : graph.order()) {
    const Node node = graph.node(id);
    if (!passes::is_product(node) || !load_of_constant(graph, node.inputs[1]) || !is_load(graph, node.inputs[0]))
      continue;
    if (floats.contains(node.name)) {
      const TensorId weights = folded(graph, node.inputs[1]);
      graph.edit_node(id).inputs[1] = weights;
    } else {
      result.products.insert(node.name);
    }
  }
  return result;
}

}  // namespace

Rounded round_products(Graph& graph, const Rounding& rounding, const std::set<std::string>& floats) {
  Rounded result;
  if (rounding.binding) {
    result = widen(graph, floats);
  } else if (!rounding.plan.empty()) {
    std::set<NodeId> ids;
    for (const NodeId id : graph.order()) {
      if (floats.contains(graph.node(id).name)) ids.insert(id);
    }
    quant::Applied applied = quant::insert_pairs(graph, rounding.plan, quant::Weights::Integers, ids);
    result = {std::move(applied.products), std::move(applied.missing)};
  }
  passes::remove_dead_nodes(graph);
  verify(graph);
  return result;
}

bool is_quantized(const Graph& graph) {
  return std::ranges::any_of(graph.order(), [&](NodeId id) {
    const std::string_view op = graph.node(id).op->name();
    return op == "Quantize" || op == "Dequantize";
  });
}

}  // namespace tn
