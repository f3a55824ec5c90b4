// SPDX-License-Identifier: Apache-2.0
// com.microsoft's GroupQueryAttention: causal attention of a model that writes token after token, with its caches.
#include <limits>

#include "ops/attention/attention.h"
#include "ops/attention/heads.h"
#include "ops/attention/rotary.h"
#include "ops/compose.h"
#include "ops/entry.h"
#include "ops/microsoft/attention.h"
#include "ops/microsoft/refuse.h"
#include "ops/plain.h"
#include "ops/rules.h"

namespace tn::ops {
namespace {

enum Input : size_t {
  kQuery,
  kKey,
  kValue,
  kPastKey,
  kPastValue,
  kLastKey,
  kTotal,
  kCosines,
  kSines,
  kPositions,
  kScores,
  kSinks,
  kKeyScale,
  kValueScale,
  kQueryNorm,
  kKeyNorm,
  kQueryLengths
};

void refuse_what_is_missing(const NodeView& node) {
  constexpr std::string_view kPlainCache = "export the model with a cache of floats that holds the whole sequence";
  refuse_attribute(node, "sliding_window_cache", kPlainCache);
  refuse_attribute(node, "qk_output", "export the model without the scores of attention");
  refuse_input(node, kKeyScale, "k_scale", kPlainCache);
  refuse_input(node, kValueScale, "v_scale", kPlainCache);
}

/// Which rows of the cache there are, per sample, as int64 [N].
struct Rows {
  TensorId all, past;  ///< with the tokens of this run and without
};

Rows read_rows(NodeView& node, const Dim& samples, const Dim& queries) {
  const TensorId last = reshape(node, cast_to(node, node.input(kLastKey), DataType::I64), {samples});
  const TensorId all = compose(node, "Add", {last, extent(node, 1)});
  const TensorId own =
      node.has_input(kQueryLengths) ? cast_to(node, node.input(kQueryLengths), DataType::I64) : extent(node, queries);
  // The first prompt of a padded sample is shorter than the queries.
  return {all, compose(node, "Max", {compose(node, "Sub", {all, own}), extent(node, 0)})};
}

HeadsAndMask read_heads(NodeView& node) {
  const int64_t heads = node.integer("num_heads", 0), groups = node.integer("kv_num_heads", 0);
  const TensorId query = node.input(kQuery);
  if (node.has_input(kKey)) {
    const TensorId q = unpack_heads(node, query, heads), k = unpack_heads(node, node.input(kKey), groups);
    return {q, k, unpack_heads(node, node.input(kValue), groups)};
  }
  const TensorType& type = node.type(query);
  model_check(type.rank() == 3 && heads > 0 && groups > 0, "query is {}", to_string(type));
  const Dim size = Dim::floor_div(type.dims[2], heads + 2 * groups);
  const auto part = [&](int64_t first, int64_t count) {
    return unpack_heads(node, slice(node, query, -1, size * first, size * (first + count)), count);
  };
  const TensorId q = part(0, heads), k = part(heads, groups);
  return {q, k, part(heads + groups, groups)};
}

TensorId normalized(NodeView& node, TensorId x, size_t weight, std::string_view epsilon) {
  if (!node.has_input(weight)) return x;
  return compose(node, "RMSNormalization", {x, node.input(weight)},
                 {{"axis", int64_t{-1}}, {"epsilon", node.number(epsilon, node.number("qk_norm_epsilon", 1e-6))}});
}

void turn(NodeView& node, HeadsAndMask& heads, TensorId past_rows, const Dim& queries) {
  constexpr int64_t kLast[] = {-1};
  Rotary rotary{node.input(kCosines), node.input(kSines)};
  rotary.interleaved = node.integer("rotary_interleaved", 0) != 0;
  const TensorType& cosines = node.type(rotary.cosines);
  const auto pairs = cosines.rank() == 2 ? cosines.dims[1].constant() : std::nullopt;
  model_check(pairs.has_value() && *pairs < (int64_t{1} << 30), "cos_cache is {}", to_string(cosines));
  rotary.turned = 2 * *pairs;
  if (node.has_input(kPositions))
    rotary.positions = node.input(kPositions);
  else
    rotary.positions = compose(node, "Add", {unsqueeze(node, past_rows, kLast), counting(node, queries)});
  heads.q = rotate(node, heads.q, rotary);
  heads.k = rotate(node, heads.k, rotary);
}

// The new rows written behind the old ones of each sample; the cache grows if it is too short.
TensorId written(NodeView& node, size_t past, TensorId rows, TensorId past_rows) {
  if (!node.has_input(past)) return rows;
  TensorId cache = node.input(past);
  Dims room = node.type(cache).dims;
  model_check(room.size() == 4, "the cache is {}", to_string(node.type(cache)));
  if (room[2] == Dim(0)) return rows;
  const Dim held = room[2], total = larger(held, required_scalar(node, node.input(kTotal), "total_sequence_length"));
  if (room[0] == Dim(1) && total == held + node.type(rows).dims[2]) return concat(node, {cache, rows}, 2);
  if (total != held) {
    room[2] = total - held;
    cache = concat(node, {cache, expand(node, scalar_like(node, 0, cache), room)}, 2);
  }
  node.attributes["axis"] = int64_t{2};
  return import_plain(node, "TensorScatter", {cache, rows, past_rows})[0];
}

// A logit for no key at all is a key more, of zeros, with a value of zeros.
void add_sink(NodeView& node, HeadsAndMask& all, TensorId sinks) {
  const auto zeros_behind = [&](TensorId x) {
    Dims dims = node.type(x).dims;
    dims[2] = 1;
    return concat(node, {x, expand(node, scalar_like(node, 0, x), dims)}, 2);
  };
  Dims dims = node.type(all.mask).dims;
  model_check(dims.size() == 4, "attention_bias is {}", to_string(node.type(all.mask)));
  dims[1] = node.type(all.q).dims[1];
  const Dims column = {dims[0], dims[1], dims[2], 1};
  const TensorId logits = sinks == kNone ? scalar_like(node, 0, all.q) : reshape(node, sinks, {1, dims[1], 1, 1});
  all.mask = concat(
      node, {expand(node, all.mask, dims), expand(node, cast_to(node, logits, node.type(all.q).type), column)}, 3);
  all.k = zeros_behind(all.k);
  all.v = zeros_behind(all.v);
}

// What hides keys, as Bool or as numbers, or kNone.
TensorId mask_of(NodeView& node, TensorId q, TensorId seen, bool as_numbers) {
  const TensorId scores = node.has_input(kScores) ? node.input(kScores) : kNone;
  if (seen == kNone || (scores == kNone && !as_numbers)) return scores == kNone ? seen : scores;
  const double shut = -std::numeric_limits<double>::infinity();
  return compose(node, "Where", {seen, scores == kNone ? scalar_like(node, 0, q) : scores, scalar_like(node, shut, q)});
}

std::vector<TensorId> import_group_query_attention(NodeView& node) {
  refuse_what_is_missing(node);
  HeadsAndMask all = read_heads(node);
  const Dims dims = node.type(all.q).dims;
  const Rows rows = read_rows(node, dims[0], dims[2]);
  all.q = normalized(node, all.q, kQueryNorm, "q_norm_epsilon");
  all.k = normalized(node, all.k, kKeyNorm, "k_norm_epsilon");
  if (node.integer("do_rotary", 0) != 0) turn(node, all, rows.past, dims[2]);
  const TensorId key = written(node, kPastKey, all.k, rows.past), value = written(node, kPastValue, all.v, rows.past);
  const bool first = key == all.k, sink = node.has_input(kSinks) || node.integer("smooth_softmax", 0) > 0;
  all.k = key;
  all.v = value;

  AttentionAttributes attributes;
  attributes.scale = attention_scale(node, all.q, node.number("scale", 0));
  attributes.softcap = node.number("softcap", 0);
  Visibility visibility{.lengths = rows.all, .first = rows.past};
  visibility.causal = node.integer("causal", 1) != 0;
  const int64_t window = node.integer("local_window_size", -1);  // with the query's own key
  if (window > 0) visibility.left = window - 1;
  TensorId seen = kNone;
  if (first && visibility.causal && visibility.left < 0 && !sink)
    attributes.causal = true;  // the attention operator knows it without a mask
  else
    seen = seen_keys(node, visibility, dims[2], node.type(key).dims[2]);
  all.mask = mask_of(node, all.q, seen, sink);
  if (sink) add_sink(node, all, node.has_input(kSinks) ? node.input(kSinks) : kNone);
  std::vector<TensorId> inputs = {all.q, all.k, all.v};
  if (all.mask != kNone) inputs.push_back(all.mask);
  return {pack_heads(node, node.add(std::make_shared<Attention>(attributes), std::move(inputs))), key, value};
}

constexpr OnnxImporter kOnnx[] = {{"GroupQueryAttention", 1, import_group_query_attention, "com.microsoft"}};

}  // namespace

extern const OpEntry microsoft_group_query_attention_entry = {"MicrosoftGroupQueryAttention", nullptr, kOnnx, {}};

}  // namespace tn::ops
