// SPDX-License-Identifier: Apache-2.0
// com.microsoft's MultiHeadAttention: queries, keys and values are projected before, but for their bias.
#include "ops/attention/attention.h"
#include "ops/attention/heads.h"
#include "ops/compose.h"
#include "ops/entry.h"
#include "ops/microsoft/attention.h"
#include "ops/microsoft/refuse.h"

namespace tn::ops {
namespace {

enum Input : size_t { kQuery, kKey, kValue, kBias, kMask, kScores, kPastKey, kPastValue, kPastLength, kIndirection };

// Tensor `which` of [N,S,H,count,D] as [N,H,S,D].
TensorId packed_part(NodeView& node, TensorId packed, int64_t which) {
  constexpr int64_t kAxis[] = {3};
  const TensorId part = squeeze(node, slice(node, packed, 3, which, which + 1), kAxis);
  return transpose(node, part, {0, 2, 1, 3});
}

/// Reads q, k and v in any of their forms and adds their parts of the bias, which lie one behind the other.
class Reader {
 public:
  explicit Reader(NodeView& node) : node_(node), heads_(node.integer("num_heads", 0)) {}

  HeadsAndMask run() {
    const TensorId query = node_.input(kQuery);
    if (node_.type(query).rank() == 5) return {packed(query, 0), packed(query, 1), packed(query, 2)};
    HeadsAndMask all{};
    all.q = unpacked(query);
    const TensorId key = node_.input(kKey);
    const int rank = node_.type(key).rank();
    if (rank == 5) {
      all.k = packed(key, 0);
      all.v = packed(key, 1);
    } else {
      all.k = rank == 4 ? key : unpacked(key);
      all.v = rank == 4 ? node_.input(kValue) : unpacked(node_.input(kValue));
    }
    return all;
  }

 private:
  TensorId bias(const Dim& size) {
    const Dim begin = at_;
    at_ = at_ + size;
    return slice(node_, node_.input(kBias), 0, begin, at_);
  }

  TensorId unpacked(TensorId x) {
    model_check(node_.type(x).rank() == 3, "query, key or value is {}", to_string(node_.type(x)));
    if (node_.has_input(kBias)) x = compose(node_, "Add", {x, bias(node_.type(x).dims[2])});
    return unpack_heads(node_, x, heads_);
  }

  TensorId packed(TensorId x, int64_t which) {
    const Dims dims = node_.type(x).dims;
    const TensorId part = packed_part(node_, x, which);
    if (!node_.has_input(kBias)) return part;
    return compose(node_, "Add", {part, reshape(node_, bias(dims[2] * dims[4]), {dims[2], 1, dims[4]})});
  }

  NodeView& node_;
  int64_t heads_;
  Dim at_ = 0;
};

std::vector<TensorId> import_multi_head_attention(NodeView& node) {
  constexpr std::string_view kApart = "export the model with past and present apart";
  refuse_input(node, kPastLength, "past_sequence_length", kApart);
  refuse_input(node, kIndirection, "cache_indirection", kApart);
  if (node.output_count > 3)
    throw Error(ErrorCode::Unsupported, "output 3 ('qk'); export the model without the scores of attention");
  HeadsAndMask all = Reader(node).run();
  if (node.has_input(kPastKey)) {
    const TensorType& past = node.type(node.input(kPastKey));
    model_check(past.rank() == 4, "past_key is {}", to_string(past));
    all.past = past.dims[2];
    all.k = concat(node, {node.input(kPastKey), all.k}, 2);
    all.v = concat(node, {node.input(kPastValue), all.v}, 2);
  }
  model_check(node.type(all.k).rank() == 4, "key is {}", to_string(node.type(all.k)));
  const TensorId mask = padding_mask(node, kMask, all.q, node.type(all.k).dims[2]);
  all.mask = add_masks(node, mask, node.has_input(kScores) ? node.input(kScores) : kNone);
  return {attend(node, all), all.k, all.v};
}

constexpr OnnxImporter kOnnx[] = {{"MultiHeadAttention", 1, import_multi_head_attention, "com.microsoft"}};

}  // namespace

extern const OpEntry microsoft_multi_head_attention_entry = {"MicrosoftMultiHeadAttention", nullptr, kOnnx, {}};

}  // namespace tn::ops
