// SPDX-License-Identifier: Apache-2.0
#include "quant/declared.h"

namespace tn::quant {

Plan declared_ranges(const Graph& graph) {
  Plan plan;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if (node.op->name() != "Quantize") continue;
    const Tensor &x = graph.tensor(node.inputs[0]), &result = graph.tensor(node.outputs[0]);
    const auto one = [&](size_t input) {
      const Constant* constant = graph.tensor(node.inputs[input]).constant.get();
      return constant && constant->elements() == 1 ? constant : nullptr;
    };
    const bool bytes = result.type.type == DataType::I8 || result.type.type == DataType::U8;
    const Constant *scale = one(1), *zero_point = node.inputs.size() > 2 ? one(2) : nullptr;
    if (x.constant || !bytes || !scale || (node.inputs.size() > 2 && !zero_point)) continue;
    plan.emplace(
        x.name, QParams{static_cast<float>(scale->number(0)),
                        zero_point ? static_cast<int32_t>(zero_point->integer(0)) : 0, result.type.type, Source::User});
  }
  return plan;
}

}  // namespace tn::quant
