// SPDX-License-Identifier: Apache-2.0
#include "ops/microsoft/attention.h"

#include "base/error.h"
#include "ops/attention/attention.h"
#include "ops/attention/heads.h"
#include "ops/compose.h"

namespace tn::ops {
namespace {

// A mask of rank 1 as Bool [N,1,1,T]: keys from a beginning to an end.
TensorId shown_by_bounds(import::NodeView& node, TensorId bounds, const Dim& samples, const Dim& keys) {
  constexpr int64_t kTail[] = {1, 2, 3};
  const Dim size = node.type(bounds).dims[0];
  const TensorId columns = cast_to(node, counting(node, keys), node.type(bounds).type);
  const auto part = [&](const Dim& begin, const Dim& end) {
    const TensorId x = size == end - begin ? bounds : slice(node, bounds, 0, begin, end);
    return unsqueeze(node, x, kTail);
  };
  if (size != samples * 2) {
    const bool lengths_first = size == samples * 3 + 2;
    return compose(node, "Less", {columns, lengths_first ? part(0, samples) : part(0, size)});
  }
  const TensorId before_end = compose(node, "Less", {columns, part(0, samples)});
  return compose(node, "And", {before_end, compose(node, "GreaterOrEqual", {columns, part(samples, size)})});
}

}  // namespace

TensorId padding_mask(import::NodeView& node, size_t input, TensorId q, const Dim& keys) {
  constexpr int64_t kRows[] = {1, 2}, kHeads[] = {1};
  if (!node.has_input(input)) return kNone;
  TensorId mask = node.input(input);
  const TensorType type = node.type(mask);
  if (type.rank() == 1) {
    mask = shown_by_bounds(node, mask, node.type(q).dims[0], keys);
  } else if (type.rank() == 2 || type.rank() == 3) {
    mask = compose(node, "Greater", {mask, scalar_like(node, 0, mask)});
    mask = type.rank() == 2 ? unsqueeze(node, mask, kRows) : unsqueeze(node, mask, kHeads);
  } else {
    throw Error(ErrorCode::Unsupported, "a mask {}; export it as [batch,total_sequence_length] or as attention_bias",
                to_string(type));
  }
  const double filter = node.number("mask_filter_value", -10000);
  return compose(node, "Where", {mask, scalar_like(node, 0, q), scalar_like(node, filter, q)});
}

TensorId add_masks(import::NodeView& node, TensorId a, TensorId b) {
  if (a == kNone) return b;
  return b == kNone ? a : compose(node, "Add", {a, b});
}

TensorId attend(import::NodeView& node, const HeadsAndMask& heads) {
  AttentionAttributes attributes;
  attributes.scale = attention_scale(node, heads.q, node.number("scale", 0));
  attributes.causal = node.integer("unidirectional", 0) != 0;
  attributes.aligned = heads.past != Dim(0);
  std::vector<TensorId> inputs = {heads.q, heads.k, heads.v};
  if (heads.mask != kNone) inputs.push_back(heads.mask);
  return pack_heads(node, node.add(std::make_shared<Attention>(attributes), std::move(inputs)));
}

}  // namespace tn::ops
