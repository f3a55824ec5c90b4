// SPDX-License-Identifier: Apache-2.0
// Linear layers that exporters write on matrices, [N,S,K] -> [N*S,K] · W -> [N,S,M]: the product takes all axes, the
// reshape moves behind it (and behind its bias), where the way back cancels it.
#include "passes/match.h"
#include "passes/pipeline.h"

namespace tn::passes {
namespace {

// How many leading axes stay when the trailing ones gather into `width` elements; 0 if they do not.
size_t leading_axes(const Dims& dims, int64_t width) {
  int64_t product = 1;
  for (size_t i = dims.size(); i-- > 0;) {
    const auto extent = dims[i].constant();
    if (!extent || *extent <= 0) return 0;
    product *= *extent;
    if (product == width) return i;
    if (product > width) return 0;
  }
  return 0;
}

bool is_constant_matrix(const Graph& graph, TensorId id) {
  return constant_of(graph, id) && type_of(graph, id).rank() == 2;
}

std::optional<Patch> behind_product(Graph& graph, const Uses&, NodeId id) {
  const Node& node = graph.node(id);
  if (!is_op(node, "MatMul") || attribute<bool>(*node.op, "transpose_a")) return std::nullopt;
  const Node* reshape = made_by(graph, node.inputs[0], "Reshape");
  if (!reshape || !is_constant_matrix(graph, node.inputs[1])) return std::nullopt;
  const TensorType gathered = type_of(graph, node.inputs[0]), result = type_of(graph, node.outputs[0]);
  const TensorId output = node.outputs[0], weights = node.inputs[1];
  TensorId x = reshape->inputs[0];
  const Dims dims = type_of(graph, x).dims;
  if (gathered.rank() != 2 || !gathered.dims[1].is_constant() || !result.dims[1].is_constant()) return std::nullopt;
  const int64_t width = *gathered.dims[1].constant();
  const size_t leading = leading_axes(dims, width);
  if (leading < 2) return std::nullopt;
  const std::string name = node.name, reshape_name = reshape->name;
  const OpPtr op = node.op;
  Patch patch(graph);
  if (leading + 1 < dims.size()) {
    std::vector<int64_t> shape(leading, 0);  // 0: as it is
    shape.push_back(width);
    x = patch.add(reshape_name, make_op("Reshape"), {x, patch.constant(reshape_name + "/shape", integers(shape))});
  }
  const TensorId product = patch.add(name, op, {x, weights});
  const TensorId shape =
      patch.constant(name + "/shape", integers(std::vector<int64_t>{-1, *result.dims[1].constant()}));
  const TensorId by = patch.add(name + "/rows", make_op("Reshape"), {product, shape});
  if (!(type_of(graph, by) == result)) return std::nullopt;
  patch.replace(output, by);
  return patch;
}

// A bias on the reshaped product.
std::optional<Patch> behind_sum(Graph& graph, const Uses&, NodeId id) {
  const Node& node = graph.node(id);
  if (!is_op(node, "Add")) return std::nullopt;
  for (size_t i = 0; i < 2; ++i) {
    const Node* reshape = made_by(graph, node.inputs[i], "Reshape");
    const TensorId bias = node.inputs[1 - i], output = node.outputs[0];
    if (!reshape || !constant_of(graph, bias) || type_of(graph, bias).rank() != 1) continue;
    const TensorId product = reshape->inputs[0], shape = reshape->inputs[1];
    const TensorType from = type_of(graph, product), type = type_of(graph, output);
    if (!made_by(graph, product, "MatMul") || type.rank() == 0 || from.dims.back() != type.dims.back() ||
        type_of(graph, node.inputs[i]) != type) {
      continue;
    }
    const std::string name = node.name;
    const OpPtr op = node.op, reshape_op = reshape->op;
    Patch patch(graph);
    const TensorId sum = patch.add(name, op, {product, bias});
    const TensorId by = patch.add(name + "/rows", reshape_op, {sum, shape});
    if (!(type_of(graph, by) == type)) return std::nullopt;
    patch.replace(output, by);
    return patch;
  }
  return std::nullopt;
}

constexpr Rule kRules[] = {behind_product, behind_sum};

}  // namespace

extern const Pass sink_reshapes = {"sink_reshapes", kRules};

}  // namespace tn::passes
