// SPDX-License-Identifier: Apache-2.0
#include "ops/attention/attention.h"

#include <limits>

#include "ops/compose.h"
#include "ops/entry.h"
#include "ops/matmul/matmul.h"
#include "ops/rules.h"

namespace tn::ops {

std::vector<TensorType> Attention::infer(const InferContext& context) const {
  const TensorType &q = context.type(0), &k = context.type(1), &v = context.type(2);
  check_same_type(context, 0, 1);
  check_same_type(context, 0, 2);
  for (int i = 0; i < 3; ++i) check_rank(context, i, 4);
  model_check(is_float(q.type), "Q is {}", to_string(q));
  unify(q.dims[3], k.dims[3], "head sizes of Q and K");
  unify(k.dims[2], v.dims[2], "lengths of K and V");
  unify(k.dims[1], v.dims[1], "heads of K and V");
  const auto heads = q.dims[1].constant(), groups = k.dims[1].constant();
  model_check(q.dims[1] == k.dims[1] || (heads && groups && *heads % *groups == 0),
              "{} heads of Q do not share {} of K", q.dims[1].to_string(), k.dims[1].to_string());
  const Dims scores = {unify(q.dims[0], k.dims[0], "batch sizes of Q and K"), q.dims[1], q.dims[2], k.dims[2]};
  if (context.has(3)) {
    const TensorType& mask = context.type(3);
    model_check(mask.type == DataType::Bool || mask.type == q.type, "the mask is {}", to_string(mask));
    model_check(broadcast(scores, mask.dims).size() == scores.size(), "the mask {} does not broadcast to {}",
                to_string(mask), to_string(scores));
  }
  return {{q.type, {scores[0], q.dims[1], q.dims[2], v.dims[3]}}};
}

bool Attention::splits_batch(const InferContext& context, const Dim& batch) const {
  return begins_with(context, 0, batch) && begins_with(context, 1, batch) && begins_with(context, 2, batch) &&
         batches_align(context, batch);
}

namespace {

// Every head of K or V repeated for the heads of Q that share it.
TensorId repeat_heads(NodeView& node, TensorId x, const Dim& heads) {
  const Dims dims = node.type(x).dims;
  if (dims[1] == heads) return x;
  constexpr int64_t kAxis[] = {2};
  const int64_t repeats = *Dim::floor_div(heads, dims[1]).constant();
  const TensorId shape = node.add_integers(std::vector<int64_t>{1, 1, repeats, 1, 1});
  const TensorId expanded = compose(node, "Expand", {unsqueeze(node, x, kAxis), shape});
  return reshape(node, expanded, {dims[0], heads, dims[2], dims[3]});
}

// [S,T]: whether query i sees key j.
TensorId causal_mask(NodeView& node, const Dim& queries, const Dim& keys, bool aligned) {
  constexpr int64_t kLast[] = {-1};
  const TensorId first = extent(node, aligned ? keys - queries : Dim(0));
  const TensorId one = extent(node, 1);
  const TensorId rows = compose(node, "Range", {first, extent(node, aligned ? keys : queries), one});
  const TensorId columns = compose(node, "Range", {extent(node, 0), extent(node, keys), one});
  return compose(node, "LessOrEqual", {columns, unsqueeze(node, rows, kLast)});
}

}  // namespace

AttentionParts compose_attention(NodeView& node, const AttentionAttributes& attributes, TensorId q, TensorId k,
                                 TensorId v, TensorId mask, TensorId seen) {
  const Dims dims = node.type(q).dims;
  k = repeat_heads(node, k, dims[1]);
  v = repeat_heads(node, v, dims[1]);
  const Dim keys = node.type(k).dims[2];
  AttentionParts parts{};
  parts.raw = matmul(node, q, k, {false, true});
  parts.raw = compose(node, "Mul", {parts.raw, scalar_like(node, attributes.scale, q)});
  parts.capped = parts.raw;
  if (attributes.softcap != 0) {
    const TensorId cap = scalar_like(node, attributes.softcap, q);
    parts.capped = compose(node, "Mul", {compose(node, "Tanh", {compose(node, "Div", {parts.raw, cap})}), cap});
  }
  const TensorId shut = scalar_like(node, -std::numeric_limits<double>::infinity(), q);
  const auto show_only = [&](TensorId visible, TensorId scores) {
    return compose(node, "Where", {visible, scores, shut});
  };
  parts.masked = parts.capped;
  if (mask != kNone && node.type(mask).type == DataType::Bool)
    parts.masked = show_only(mask, parts.masked);
  else if (mask != kNone)
    parts.masked = compose(node, "Add", {parts.masked, mask});
  if (attributes.causal) parts.masked = show_only(causal_mask(node, dims[2], keys, attributes.aligned), parts.masked);
  if (seen != kNone) parts.masked = show_only(seen, parts.masked);
  parts.weights = compose(node, "Softmax", {parts.masked}, {{"axis", int64_t{-1}}});
  if (parts.masked != parts.capped) {
    const TensorId none = compose(node, "Equal", {reduce(node, "Max", parts.masked, {-1}), shut});
    parts.weights = compose(node, "Where", {none, scalar_like(node, 0, q), parts.weights});
  }
  parts.output = matmul(node, parts.weights, v);
  return parts;
}

std::vector<int32_t> Attention::decompose(Graph& graph, std::string_view name, std::span<const int32_t> inputs) const {
  NodeView node = decomposition_view(graph, name);
  const TensorId mask = inputs.size() > 3 ? inputs[3] : kNone;
  return {compose_attention(node, *this, inputs[0], inputs[1], inputs[2], mask).output};
}

}  // namespace tn::ops
