// SPDX-License-Identifier: Apache-2.0
// ONNX's FlexAttention: attention whose scores and weights go through graphs of the model.
#include <cmath>

#include "ops/attention/attention.h"
#include "ops/compose.h"
#include "ops/control/body.h"
#include "ops/entry.h"

namespace tn::ops {
namespace {

// A tensor through the graph that is the attribute `name`, if there is one.
TensorId modified(NodeView& node, std::string_view name, TensorId x, bool present) {
  if (!present) return x;
  const TensorType type = node.type(x);
  const auto results = inline_body(node, node.bodies->import_body(name, std::span(&type, 1)), {x});
  model_check(results.size() == 1 && node.type(results[0]) == type, "{} does not give {}", name, to_string(type));
  return results[0];
}

std::vector<TensorId> import_flex_attention(NodeView& node) {
  const TensorId q = node.input(0), k = node.input(1), v = node.input(2);
  const TensorType type = node.type(q), keys = node.type(k);
  model_check(type.rank() == 4 && keys.rank() == 4 && node.type(v).rank() == 4, "Q is {}, K {}, V {}", to_string(type),
              to_string(keys), to_string(node.type(v)));
  const auto heads = type.dims[1].constant(), shared = keys.dims[1].constant(), size = type.dims[3].constant();
  model_check(heads && shared && *shared > 0 && *heads % *shared == 0, "{} heads for {}", type.dims[1].to_string(),
              keys.dims[1].to_string());
  model_check(size || node.has("scale"), "the head size must be known, or scale given");
  const double scale = node.number("scale", size ? 1 / std::sqrt(static_cast<double>(*size)) : 1);
  const bool scores_change = node.has("score_mod"), weights_change = node.has("prob_mod");
  if (!scores_change && !weights_change) {
    AttentionAttributes attributes;
    attributes.scale = scale;
    return {node.add(std::make_shared<Attention>(attributes), {q, k, v})};
  }
  const DataType precise =
      node.data_type("softmax_precision", type.type == DataType::F64 ? DataType::F64 : DataType::F32);
  // The queries of the heads that share a key lie in one axis: [N,G,H/G·S,D].
  const Dim queries = type.dims[2] * (*heads / *shared);
  const Dims grouped = {type.dims[0], *shared, queries, type.dims[3]};
  const TensorId scaled = compose(node, "Mul", {widen(node, q), scalar_like(node, scale, widen(node, q))});
  const TensorId product =
      compose(node, "MatMul", {reshape(node, scaled, grouped), transpose(node, widen(node, k), {0, 1, 3, 2})});
  const Dims scores = {type.dims[0], type.dims[1], type.dims[2], keys.dims[2]};
  TensorId x = modified(node, "score_mod", cast_to(node, reshape(node, product, scores), precise), scores_change);
  x = modified(node, "prob_mod", compose(node, "Softmax", {x}, {{"axis", int64_t{-1}}}), weights_change);
  const TensorId values = widen(node, v);
  const Dims weights = {type.dims[0], *shared, queries, keys.dims[2]};
  const TensorId weighted = cast_to(node, reshape(node, x, weights), node.type(values).type);
  Dims result = type.dims;
  result[3] = node.type(v).dims[3];
  return {cast_to(node, reshape(node, compose(node, "MatMul", {weighted, values}), result), type.type)};
}

constexpr OnnxImporter kOnnx[] = {{"FlexAttention", 1, import_flex_attention, "ai.onnx.preview"}};

}  // namespace

extern const OpEntry flex_attention_entry = {"FlexAttention", nullptr, kOnnx, {}};

}  // namespace tn::ops
