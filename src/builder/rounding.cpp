// SPDX-License-Identifier: Apache-2.0
#include "builder/rounding.h"

#include <algorithm>

#include "ops/quant/roles.h"
#include "passes/evaluate.h"
#include "passes/pass_runner.h"
#include "passes/pipeline.h"
#include "passes/quantization.h"
#include "quant/apply.h"

namespace tn {
namespace {

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
    const bool has_integers =
        ops::is_product(node) && ops::load_of_constant(graph, node.inputs[1]) && ops::load_of(graph, node.inputs[0]);
    if (!has_integers) continue;
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
    quant::Applied applied =
        quant::insert_pairs(graph, rounding.plan, quant::Weights::Integers, floats, rounding.demanded);
    result = {std::move(applied.products), std::move(applied.missing)};
  }
  passes::remove_dead_nodes(graph);
  verify(graph);
  return result;
}

quant::Plan take_ranges(Graph& graph) {
  quant::Plan plan;
  for (const NodeId id : graph.order()) {
    const Node load = graph.node(id);
    const Node* const quantize = ops::load_of(graph, load.outputs[0]) ? graph.producer(load.inputs[0]) : nullptr;
    if (!quantize || quantize->op->name() != "Quantize" || !passes::has_one_scale(graph, *quantize)) continue;
    const TensorId number = quantize->inputs[0];
    const DataType type = graph.tensor(quantize->outputs[0]).type.type;
    const bool same = std::equal(quantize->inputs.begin() + 1, quantize->inputs.end(), load.inputs.begin() + 1,
                                 load.inputs.end(), [&](TensorId a, TensorId b) {
                                   return graph.tensor(a).constant && graph.tensor(b).constant &&
                                          graph.tensor(a).constant->number(0) == graph.tensor(b).constant->number(0);
                                 });
    const bool bytes = type == DataType::I8 || type == DataType::U8;
    if (!same || !bytes || graph.is_output(load.outputs[0]) ||
        !(graph.tensor(number).type == graph.tensor(load.outputs[0]).type))
      continue;
    const auto parameter = [&](size_t i) {
      return i < quantize->inputs.size() ? graph.tensor(quantize->inputs[i]).constant->number(0) : 0;
    };
    plan.emplace(graph.tensor(number).name,
                 quant::QParams{static_cast<float>(parameter(1)), static_cast<int32_t>(parameter(2)), type,
                                quant::Source::User});
    graph.redirect(load.outputs[0], number);
  }
  passes::remove_dead_nodes(graph);
  verify(graph);
  return plan;
}

bool is_quantized(const Graph& graph) {
  return std::ranges::any_of(graph.order(), [&](NodeId id) { return ops::is_quantization(graph.node(id)); });
}

}  // namespace tn
