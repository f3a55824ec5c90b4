// SPDX-License-Identifier: Apache-2.0
// Of nodes that compute the same from the same inputs, one stays.
#include <algorithm>

#include "passes/match.h"
#include "passes/pipeline.h"

namespace tn::passes {
namespace {

constexpr size_t kComparedBytes = 4096;

bool same_tensor(const Graph& graph, TensorId a, TensorId b) {
  if (a == b) return true;
  const Constant *x = constant_of(graph, a), *y = constant_of(graph, b);
  if (!x || !y || x->type() != y->type() || !(x->dims() == y->dims())) return false;
  return x == y || (x->bytes().size() <= kComparedBytes && std::ranges::equal(x->bytes(), y->bytes()));
}

bool same_node(const Graph& graph, const Node& a, const Node& b) {
  return a.op->name() == b.op->name() && a.outputs.size() == b.outputs.size() &&
         std::ranges::equal(a.inputs, b.inputs, [&](TensorId x, TensorId y) { return same_tensor(graph, x, y); }) &&
         a.op->attributes() == b.op->attributes();
}

std::optional<Patch> merge(Graph& graph, const Uses& uses, NodeId id) {
  const Node& node = graph.node(id);
  if (!node.op->deterministic() || !node.bodies.empty()) return std::nullopt;
  const auto shared = std::ranges::find_if(
      node.inputs, [&](TensorId input) { return input != kNone && !graph.tensor(input).constant; });
  if (shared == node.inputs.end()) return std::nullopt;
  for (const NodeId other : uses.readers(*shared)) {
    if (other >= id || !same_node(graph, graph.node(other), node)) continue;
    Patch patch(graph);
    for (size_t i = 0; i < node.outputs.size(); ++i) patch.replace(node.outputs[i], graph.node(other).outputs[i]);
    return patch;
  }
  return std::nullopt;
}

constexpr Rule kRules[] = {merge};

}  // namespace

extern const Pass common_subexpressions = {"common_subexpressions", kRules};

}  // namespace tn::passes
