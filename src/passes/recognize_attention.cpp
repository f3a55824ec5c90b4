// SPDX-License-Identifier: Apache-2.0
// softmax(Q · Kᵀ · scale + mask) · V written out in primitives.
#include <limits>

#include "passes/match.h"
#include "passes/pipeline.h"

namespace tn::passes {
namespace {

// Looks through a product with a number that nothing else reads.
TensorId without_factor(const Graph& graph, const Uses& uses, TensorId id, double& scale) {
  const Node* node = graph.producer(id);
  if (!node || uses.only_reader(id) == kNone || (!is_op(*node, "Mul") && !is_op(*node, "Div"))) return id;
  for (const size_t side : {size_t{1}, size_t{0}}) {
    const auto factor = splat(graph, node->inputs[side]);
    if (side == 0 && is_op(*node, "Div")) break;
    if (!factor || type_of(graph, node->inputs[1 - side]) != type_of(graph, id)) continue;
    scale = is_op(*node, "Div") ? scale / *factor : scale * *factor;
    return node->inputs[1 - side];
  }
  return id;
}

struct Scores {
  TensorId q, k, mask;
  bool k_transposed;  ///< k is [N,H,D,T]
  double scale;
  bool mask_shuts = false;  ///< a Bool mask: true shuts a key out
};

// What shuts keys out of a product: Add(scores, mask) or Where(mask, scores, -inf). Gives the product and sets the
// mask.
TensorId without_mask(const Graph& graph, const Uses& uses, TensorId id, Scores& found) {
  const Node* node = graph.producer(id);
  if (!node || (!is_op(*node, "Add") && !is_op(*node, "Where"))) return id;
  const bool chooses = is_op(*node, "Where");
  for (size_t side = chooses ? 1 : 0; side < node->inputs.size(); ++side) {
    const size_t other = chooses ? 3 - side : 1 - side;
    if (chooses && splat(graph, node->inputs[other]) != -std::numeric_limits<double>::infinity()) continue;
    double scale = 1;
    const TensorId inner = without_factor(graph, uses, node->inputs[side], scale);
    if (!made_by(graph, inner, "MatMul") || uses.only_reader(node->inputs[side]) == kNone) continue;
    if (type_of(graph, inner) != type_of(graph, id)) continue;
    found.mask = node->inputs[chooses ? 0 : other];
    found.mask_shuts = chooses && side == 2;
    found.scale = scale;
    return inner;
  }
  return id;
}

std::optional<Scores> scores(const Graph& graph, const Uses& uses, TensorId id) {
  Scores found{kNone, kNone, kNone, true, 1};
  if (uses.only_reader(id) == kNone) return std::nullopt;
  TensorId at = without_factor(graph, uses, id, found.scale);
  if (at == id) at = without_mask(graph, uses, id, found);
  const Node* product = made_by(graph, at, "MatMul");
  if (!product || uses.only_reader(at) == kNone || attribute<bool>(*product->op, "transpose_a")) return std::nullopt;
  found.k_transposed = !attribute<bool>(*product->op, "transpose_b");
  found.q = without_factor(graph, uses, product->inputs[0], found.scale);
  found.k = without_factor(graph, uses, product->inputs[1], found.scale);
  return found;
}

bool same_heads(const TensorType& a, const TensorType& b) {
  return a.rank() == 4 && b.rank() == 4 && a.dims[0] == b.dims[0] && a.dims[1] == b.dims[1];
}

std::optional<Patch> recognize(Graph& graph, const Uses& uses, NodeId id) {
  const Node& node = graph.node(id);
  if (!is_op(node, "MatMul") || attribute<bool>(*node.op, "transpose_a") || attribute<bool>(*node.op, "transpose_b"))
    return std::nullopt;
  const Node* weights = made_by(graph, node.inputs[0], "Softmax");
  const TensorType type = type_of(graph, node.outputs[0]);
  if (!weights || uses.only_reader(node.inputs[0]) == kNone || type.rank() != 4) return std::nullopt;
  const int64_t axis = attribute<int64_t>(*weights->op, "axis");
  if (axis != -1 && axis != 3) return std::nullopt;
  const auto found = scores(graph, uses, weights->inputs[0]);
  if (!found || !is_float(type.type)) return std::nullopt;
  const TensorId v = node.inputs[1], output = node.outputs[0];
  const TensorType q_type = type_of(graph, found->q), k_type = type_of(graph, found->k), v_type = type_of(graph, v);
  if (!same_heads(q_type, k_type) || !same_heads(q_type, v_type)) return std::nullopt;
  if (found->mask != kNone && type_of(graph, found->mask).type != DataType::Bool &&
      type_of(graph, found->mask).type != q_type.type) {
    return std::nullopt;
  }
  const std::string name = node.name;
  Patch patch(graph);
  TensorId k = found->k;
  if (found->k_transposed)
    k = patch.add(name + "/k", make_op("Transpose", {{"perm", std::vector<int64_t>{0, 1, 3, 2}}}), {k});
  const TensorId mask = found->mask_shuts ? patch.add(name + "/mask", make_op("Not"), {found->mask}) : found->mask;
  const TensorId by = patch.add(name, make_op("Attention", {{"scale", found->scale}}), {found->q, k, v, mask});
  if (!(type_of(graph, by) == type)) return std::nullopt;
  patch.replace(output, by);
  return patch;
}

constexpr Rule kRules[] = {recognize};

}  // namespace

extern const Pass recognize_attention = {"recognize_attention", kRules};

}  // namespace tn::passes
