// SPDX-License-Identifier: Apache-2.0
// Shape arithmetic leaves the graph: a tensor whose elements are expressions over extents is given by these
// expressions, which the engine's shape program computes; what led to it becomes dead.
#include <algorithm>

#include "ops/shape/shape.h"
#include "passes/match.h"
#include "passes/pipeline.h"

namespace tn::passes {
namespace {

// Extents that only running tells (their names begin with '?') are not known when the shape program runs.
bool follows_from_inputs(const Dim& dim) {
  return std::ranges::none_of(dim.symbols(), [](const std::string& symbol) { return symbol.starts_with('?'); });
}

std::optional<Patch> replace_by_value(Graph& graph, const Uses&, NodeId id) {
  const Node& node = graph.node(id);
  if (node.outputs.size() != 1 || is_op(node, ops::ShapeValue::kName)) return std::nullopt;
  if (is_op(node, "Cast") && made_by(graph, node.inputs[0], ops::ShapeValue::kName)) return std::nullopt;
  const TensorId output = node.outputs[0];
  const Tensor tensor = graph.tensor(output);
  if (!tensor.value || (tensor.type.type != DataType::I64 && tensor.type.type != DataType::I32)) return std::nullopt;
  const bool scalar = tensor.type.rank() == 0;
  const auto count = static_cast<int64_t>(tensor.value->size());
  if (scalar ? count != 1 : !(tensor.type.dims == Dims{count})) return std::nullopt;
  if (!std::ranges::all_of(*tensor.value, follows_from_inputs)) return std::nullopt;
  Patch patch(graph);
  TensorId value = patch.add(tensor.name, std::make_shared<ops::ShapeValue>(*tensor.value, scalar), {});
  if (tensor.type.type == DataType::I32) value = patch.add(tensor.name, make_op("Cast", {{"to", "i32"}}), {value});
  patch.replace(output, value);
  return patch;
}

constexpr Rule kRules[] = {replace_by_value};

}  // namespace

extern const Pass shape_values = {"shape_values", kRules};

}  // namespace tn::passes
