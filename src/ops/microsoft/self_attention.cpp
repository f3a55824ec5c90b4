// SPDX-License-Identifier: Apache-2.0
// com.microsoft's Attention and QAttention: queries, keys and values are projections of one input by merged weights.
#include <array>

#include "ops/attention/heads.h"
#include "ops/compose.h"
#include "ops/entry.h"
#include "ops/matmul/matmul.h"
#include "ops/microsoft/attention.h"
#include "ops/microsoft/refuse.h"
#include "ops/quant/qlinear.h"

namespace tn::ops {
namespace {

/// Where the inputs behind the projection stand.
struct Places {
  size_t mask, past, bias;  ///< bias: what is added to the scores
};

// The columns of the projection that are queries, keys and values.
std::array<Dim, 3> column_counts(const NodeView& node, TensorId projected) {
  const auto given = node.integers("qkv_hidden_sizes");
  if (given.size() == 3) return {given[0], given[1], given[2]};
  const Dim each = Dim::floor_div(node.type(projected).dims.back(), 3);
  return {each, each, each};
}

// One half of a state [2,N,H,S,D].
TensorId half_of(NodeView& node, TensorId state, int64_t which) {
  constexpr int64_t kFirst[] = {0};
  return squeeze(node, slice(node, state, 0, which, which + 1), kFirst);
}

std::vector<TensorId> attend_projected(NodeView& node, TensorId projected, const Places& places) {
  constexpr int64_t kFirst[] = {0};
  const int64_t heads = node.integer("num_heads", 0);
  refuse_attribute(node, "do_rotary", "export the model with RotaryEmbedding nodes");
  refuse_attribute(node, "past_present_share_buffer", "export the model with past and present apart");
  model_check(node.type(projected).rank() == 3, "the projection is {}", to_string(node.type(projected)));
  const auto [queries, keys, values] = column_counts(node, projected);
  const auto part = [&](const Dim& begin, const Dim& size) {
    return unpack_heads(node, slice(node, projected, -1, begin, begin + size), heads);
  };
  HeadsAndMask all{part(0, queries), part(queries, keys), part(queries + keys, values)};
  if (node.has_input(places.past)) {
    const TensorId past = node.input(places.past);
    model_check(node.type(past).rank() == 5, "past is {}", to_string(node.type(past)));
    all.past = node.type(past).dims[3];
    all.k = concat(node, {half_of(node, past, 0), all.k}, 2);
    all.v = concat(node, {half_of(node, past, 1), all.v}, 2);
  }
  const TensorId mask = padding_mask(node, places.mask, all.q, node.type(all.k).dims[2]);
  all.mask = add_masks(node, mask, node.has_input(places.bias) ? node.input(places.bias) : kNone);
  std::vector<TensorId> results = {attend(node, all)};
  if (node.output_count > 1)
    results.push_back(concat(node, {unsqueeze(node, all.k, kFirst), unsqueeze(node, all.v, kFirst)}, 0));
  return results;
}

// Inputs: X, weights, bias, mask, past, bias of the scores.
std::vector<TensorId> import_attention(NodeView& node) {
  refuse_input(node, 6, "past_sequence_length", "export the model with past and present apart");
  TensorId projected = matmul(node, node.input(0), node.input(1));
  if (node.has_input(2)) projected = compose(node, "Add", {projected, node.input(2)});
  return attend_projected(node, projected, {.mask = 3, .past = 4, .bias = 5});
}

// Inputs: X, weights, bias, scale of X, scale of the weights, mask, zero point of X, zero point of the weights, past.
std::vector<TensorId> import_qattention(NodeView& node) {
  constexpr size_t kNoBias = 9;
  const auto number = [&](size_t index, size_t scale, size_t zero_point, int64_t axis) {
    const TensorId steps =
        cast_to(node, centered_input(node, index, zero_point, axis), node.type(node.input(scale)).type);
    return compose(node, "Mul", {steps, node.input(scale)});
  };
  const TensorId x = number(0, 3, 6, 2), weights = number(1, 4, 7, 1);
  TensorId projected = matmul(node, x, weights);
  if (node.has_input(2)) projected = compose(node, "Add", {projected, node.input(2)});
  return attend_projected(node, projected, {.mask = 5, .past = 8, .bias = kNoBias});
}

constexpr std::string_view kMicrosoft = "com.microsoft";
constexpr OnnxImporter kOnnx[] = {{"Attention", 1, import_attention, kMicrosoft},
                                  {"QAttention", 1, import_qattention, kMicrosoft}};

}  // namespace

extern const OpEntry microsoft_attention_entry = {"MicrosoftAttention", nullptr, kOnnx, {}};

}  // namespace tn::ops
