// SPDX-License-Identifier: Apache-2.0
// ONNX's Attention (opset 23): heads packed in three axes, grouped heads, key and value caches, masks.
#include <limits>

#include "ops/attention/attention.h"
#include "ops/attention/heads.h"
#include "ops/compose.h"
#include "ops/entry.h"
#include "ops/rules.h"

namespace tn::ops {
namespace {

/// Q, K and V as [N,H,S,D].
struct Heads {
  TensorId q, k, v;
  bool packed;  ///< they came as [N,S,H·D]
};

Heads read_heads(NodeView& node) {
  const TensorType &q4 = node.type(node.input(0)), &k4 = node.type(node.input(1)), &v4 = node.type(node.input(2));
  if (q4.rank() == 4) {
    model_check(k4.rank() == 4 && v4.rank() == 4, "Q is {}, K {}, V {}", to_string(q4), to_string(k4), to_string(v4));
    return {node.input(0), node.input(1), node.input(2), false};
  }
  const int64_t heads = node.integer("q_num_heads", 0), groups = node.integer("kv_num_heads", 0);
  const TensorId q = unpack_heads(node, node.input(0), heads), k = unpack_heads(node, node.input(1), groups);
  return {q, k, unpack_heads(node, node.input(2), groups), true};
}

// A mask may be shorter than the keys: what is missing is shut out.
TensorId full_mask(NodeView& node, TensorId mask, const Dim& keys) {
  const TensorType type = node.type(mask);
  if (type.rank() == 0 || type.dims.back() == keys || type.dims.back() == Dim(1) || !keys.is_constant()) return mask;
  model_check(type.dims.back().is_constant(), "the mask {} does not fit {} keys", to_string(type), keys.to_string());
  std::vector<int64_t> pads(2 * type.dims.size(), 0);
  pads.back() = *(keys - type.dims.back()).constant();
  const double shut = type.type == DataType::Bool ? 0 : -std::numeric_limits<double>::infinity();
  return compose(node, "Pad", {mask, node.add_integers(pads), scalar_like(node, shut, mask)});
}

AttentionAttributes read_attributes(const NodeView& node, TensorId q) {
  AttentionAttributes attributes;
  attributes.scale = attention_scale(node, q, node.number("scale", 0));
  attributes.softcap = node.number("softcap", 0);
  attributes.causal = node.integer("is_causal", 0) != 0;
  return attributes;
}

// A padded cache holds `lengths` keys of each sample, the queries' own last.
Visibility read_visibility(NodeView& node, const Dim& queries, const Dim& past, bool causal) {
  Visibility visibility{.past = past,
                        .causal = causal,
                        .left = node.integer("left_window_size", -1),
                        .right = node.integer("right_window_size", -1)};
  if (!node.has_input(6)) return visibility;
  visibility.lengths = cast_to(node, node.input(6), DataType::I64);
  visibility.first = compose(node, "Sub", {visibility.lengths, extent(node, queries)});
  return visibility;
}

std::vector<TensorId> import_attention(NodeView& node) {
  Heads heads = read_heads(node);
  const Dim queries = node.type(heads.q).dims[2], added = node.type(heads.k).dims[2];
  if (node.has_input(4)) {
    heads.k = compose(node, "Concat", {node.input(4), heads.k}, {{"axis", int64_t{2}}});
    heads.v = compose(node, "Concat", {node.input(5), heads.v}, {{"axis", int64_t{2}}});
  }
  const Dim keys = node.type(heads.k).dims[2];
  AttentionAttributes attributes = read_attributes(node, heads.q);
  attributes.aligned = node.has_input(4);
  const Visibility visibility = read_visibility(node, queries, keys - added, attributes.causal);
  const TensorId mask = node.has_input(3) ? full_mask(node, node.input(3), keys) : kNone;
  // The operator knows causality where queries are the first or the last of the keys.
  const bool known = visibility.lengths == kNone && visibility.left < 0 && visibility.right < 0 &&
                     (!attributes.causal || !attributes.aligned || queries == added);
  if (known && node.output_count < 4) {
    std::vector<TensorId> inputs = {heads.q, heads.k, heads.v};
    if (mask != kNone) inputs.push_back(mask);
    const TensorId y = node.add(std::make_shared<Attention>(attributes), std::move(inputs));
    return {heads.packed ? pack_heads(node, y) : y, heads.k, heads.v};
  }
  attributes.causal = false;
  const AttentionParts parts =
      compose_attention(node, attributes, heads.q, heads.k, heads.v, mask, seen_keys(node, visibility, queries, keys));
  const TensorId stages[] = {parts.raw, parts.capped, parts.masked, parts.weights};
  const int64_t mode = node.integer("qk_matmul_output_mode", 0);
  model_check(mode >= 0 && mode < 4, "qk_matmul_output_mode is {}", mode);
  return {heads.packed ? pack_heads(node, parts.output) : parts.output, heads.k, heads.v, stages[mode]};
}

constexpr OnnxImporter kOnnx[] = {{"Attention", 23, import_attention}};
constexpr std::string_view kCases[] = {
    "Attention(f32[2,3,9,8], f32[2,3,11,8], f32[2,3,11,10]) {scale=0.35}",
    "Attention(f32[1,2,7,16], f32[1,2,7,16], f32[1,2,7,16]) {scale=0.25, causal=true}",
    "Attention(f32[2,4,5,8], f32[2,2,6,8], f32[2,2,6,8], f32[5,6]) {scale=0.35}",
    "Attention(f32[2,4,1,8], f32[2,4,6,8], f32[2,4,6,8], bool[2,1,1,6]) {scale=0.35}",
};

}  // namespace

extern const OpEntry attention_entry = {Attention::kName, make_op<Attention>, kOnnx, kCases};

}  // namespace tn::ops
