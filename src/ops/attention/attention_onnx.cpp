// SPDX-License-Identifier: Apache-2.0
// ONNX's Attention (opset 23): heads packed in three axes, grouped heads, key and value caches, masks.
#include <cmath>
#include <limits>

#include "ops/attention/attention.h"
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

TensorId unpack(NodeView& node, TensorId x, int64_t heads) {
  const Dims dims = node.type(x).dims;
  model_check(dims.size() == 3 && heads > 0, "{} does not hold {} heads", to_string(node.type(x)), heads);
  const TensorId split = reshape(node, x, {dims[0], dims[1], heads, Dim::floor_div(dims[2], heads)});
  return transpose(node, split, {0, 2, 1, 3});
}

Heads read_heads(NodeView& node) {
  const TensorType &q4 = node.type(node.input(0)), &k4 = node.type(node.input(1)), &v4 = node.type(node.input(2));
  if (q4.rank() == 4) {
    model_check(k4.rank() == 4 && v4.rank() == 4, "Q is {}, K {}, V {}", to_string(q4), to_string(k4), to_string(v4));
    return {node.input(0), node.input(1), node.input(2), false};
  }
  const int64_t heads = node.integer("q_num_heads", 0), groups = node.integer("kv_num_heads", 0);
  const TensorId q = unpack(node, node.input(0), heads), k = unpack(node, node.input(1), groups);
  return {q, k, unpack(node, node.input(2), groups), true};
}

TensorId pack(NodeView& node, TensorId y) {
  const Dims dims = node.type(y).dims;
  return reshape(node, transpose(node, y, {0, 2, 1, 3}), {dims[0], dims[2], dims[1] * dims[3]});
}

/// Which keys a query may see, beyond what the mask says.
struct Visibility {
  TensorId lengths = kNone;  ///< [N]: how many keys of a padded cache are held
  Dim past = 0;              ///< keys before those of the queries, where there are no lengths
  bool causal = false;
  int64_t left = -1, right = -1;  ///< widest distance to either side; -1: any
};

// A tensor that broadcasts to [N,1,S,T], or kNone if everything is seen. Query i stands at position i + offset.
TensorId seen_keys(NodeView& node, const Visibility& v, const Dim& queries, const Dim& keys) {
  constexpr int64_t kTail[] = {1, 2, 3}, kLast[] = {-1};
  const TensorId one = extent(node, 1), zero = extent(node, 0);
  const TensorId columns = compose(node, "Range", {zero, extent(node, keys), one});
  TensorId seen = kNone, offset = kNone;
  const auto restrict_to = [&](std::string_view comparison, TensorId bound) {
    const TensorId allowed = compose(node, comparison, {columns, bound});
    seen = seen == kNone ? allowed : compose(node, "And", {seen, allowed});
  };
  if (v.lengths != kNone) {
    const TensorId length = unsqueeze(node, cast_to(node, v.lengths, DataType::I64), kTail);
    offset = compose(node, "Sub", {length, extent(node, queries)});
    restrict_to("Less", length);
  } else {
    offset = extent(node, v.past);
  }
  const TensorId rows = unsqueeze(node, compose(node, "Range", {zero, extent(node, queries), one}), kLast);
  const TensorId position = compose(node, "Add", {rows, offset});
  const auto shifted = [&](int64_t by) { return compose(node, "Add", {position, extent(node, by)}); };
  if (v.causal) restrict_to("LessOrEqual", position);
  if (v.right >= 0) restrict_to("LessOrEqual", shifted(v.right));
  if (v.left >= 0) restrict_to("GreaterOrEqual", shifted(-v.left));
  return seen;
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

AttentionAttributes read_attributes(const NodeView& node, const TensorType& q) {
  const auto size = q.dims[3].constant();
  model_check(size || node.has("scale"), "the head size must be known, or scale given");
  AttentionAttributes attributes;
  attributes.scale = node.number("scale", 0);
  if (attributes.scale == 0) attributes.scale = 1 / std::sqrt(static_cast<double>(*size));
  attributes.softcap = node.number("softcap", 0);
  attributes.causal = node.integer("is_causal", 0) != 0;
  return attributes;
}

std::vector<TensorId> import_attention(NodeView& node) {
  Heads heads = read_heads(node);
  const Dim queries = node.type(heads.q).dims[2], added = node.type(heads.k).dims[2];
  if (node.has_input(4)) {
    heads.k = compose(node, "Concat", {node.input(4), heads.k}, {{"axis", int64_t{2}}});
    heads.v = compose(node, "Concat", {node.input(5), heads.v}, {{"axis", int64_t{2}}});
  }
  const Dim keys = node.type(heads.k).dims[2];
  AttentionAttributes attributes = read_attributes(node, node.type(heads.q));
  attributes.aligned = node.has_input(4);
  Visibility visibility{node.has_input(6) ? node.input(6) : kNone, keys - added, attributes.causal,
                        node.integer("left_window_size", -1), node.integer("right_window_size", -1)};
  const TensorId mask = node.has_input(3) ? full_mask(node, node.input(3), keys) : kNone;
  // The operator knows causality where queries are the first or the last of the keys.
  const bool known = visibility.lengths == kNone && visibility.left < 0 && visibility.right < 0 &&
                     (!attributes.causal || !attributes.aligned || queries == added);
  if (known && node.output_count < 4) {
    std::vector<TensorId> inputs = {heads.q, heads.k, heads.v};
    if (mask != kNone) inputs.push_back(mask);
    const TensorId y = node.add(std::make_shared<Attention>(attributes), std::move(inputs));
    return {heads.packed ? pack(node, y) : y, heads.k, heads.v};
  }
  attributes.causal = false;
  const AttentionParts parts =
      compose_attention(node, attributes, heads.q, heads.k, heads.v, mask, seen_keys(node, visibility, queries, keys));
  const TensorId stages[] = {parts.raw, parts.capped, parts.masked, parts.weights};
  const int64_t mode = node.integer("qk_matmul_output_mode", 0);
  model_check(mode >= 0 && mode < 4, "qk_matmul_output_mode is {}", mode);
  return {heads.packed ? pack(node, parts.output) : parts.output, heads.k, heads.v, stages[mode]};
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
