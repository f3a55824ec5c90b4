// SPDX-License-Identifier: Apache-2.0
// Normalizations of com.microsoft that add something first: residuals, biases, embeddings.
#include "ops/compose.h"
#include "ops/entry.h"
#include "ops/microsoft/channels_last.h"
#include "ops/plain.h"
#include "ops/quant/quantize.h"
#include "ops/rules.h"

namespace tn::ops {
namespace {

// [N,C] and [N,1,1,C] as [N,C,1,1].
TensorId skip_of_channels(NodeView& node, TensorId skip) {
  constexpr int64_t kSpatial[] = {2, 3};
  return node.type(skip).rank() == 2 ? unsqueeze(node, skip, kSpatial) : skip;
}

// Layer or RMS normalization of the last axis, and what ONNX's operator gives beside it.
std::vector<TensorId> normalized(NodeView& node, TensorId x, bool rms, TensorId scale, TensorId bias) {
  node.attributes.insert_or_assign("axis", int64_t{-1});
  node.attributes.insert_or_assign("epsilon", node.number("epsilon", 1e-12));
  if (rms) return import_plain(node, "RMSNormalization", {x, scale});
  std::vector<TensorId> inputs = {x, scale};
  if (bias != kNone) inputs.push_back(bias);
  return import_plain(node, "LayerNormalization", std::move(inputs));
}

// X + skip (+ bias), normalized; the sum is the last output.
template <bool kRms>
std::vector<TensorId> import_skip_norm(NodeView& node) {
  TensorId sum = compose(node, "Add", {node.input(0), node.input(1)});
  const size_t bias = kRms ? 3 : 4;
  if (node.has_input(bias)) sum = compose(node, "Add", {sum, node.input(bias)});
  auto results = normalized(node, sum, kRms, node.input(2), !kRms && node.has_input(3) ? node.input(3) : kNone);
  results.resize(4, kNone);
  results[3] = sum;
  return results;
}

// How many of each row's tokens the mask shows; none without a mask.
TensorId mask_index(NodeView& node, const TensorType& ids) {
  if (!node.has_input(7)) return expand(node, node.add_constant(Constant::scalar(DataType::I32, 0)), {ids.dims[0]});
  const TensorId mask = node.input(7);
  const TensorId shown = compose(node, "Equal", {mask, scalar_like(node, 1, mask)});
  return reduce(node, "Sum", cast_to(node, shown, DataType::I32), {1}, false);
}

// Inputs: tokens, kinds, tables of words, positions and kinds, gamma, beta, mask, positions. Quantized, the tables,
// gamma and beta have their scales at inputs 8 to 12 and their zero points behind.
template <bool kQuantized>
std::vector<TensorId> import_embed_layer_norm(NodeView& node) {
  const TensorType ids = node.type(node.input(0));
  model_check(ids.rank() == 2, "input_ids is {}", to_string(ids));
  const auto real = [&](size_t table, TensorId x) {
    if (!kQuantized) return x;
    return dequantize(node, x, {node.input(table + 6), node.has_input(table + 11) ? node.input(table + 11) : kNone});
  };
  const auto rows = [&](size_t table, TensorId places) {
    return real(table, compose(node, "Gather", {node.input(table), places}, {{"axis", int64_t{0}}}));
  };
  const TensorId places = !kQuantized && node.has_input(8) ? node.input(8) : counting(node, ids.dims[1]);
  TensorId sum = compose(node, "Add", {rows(2, node.input(0)), rows(3, places)});
  if (node.has_input(1)) sum = compose(node, "Add", {sum, rows(4, node.input(1))});
  const TensorId gamma = real(5, node.input(5));
  return {normalized(node, sum, false, gamma, real(6, node.input(6)))[0], mask_index(node, ids), sum};
}

// GroupNorm and SkipGroupNorm: X, gamma, beta (, skip, bias). Channels are last unless said otherwise.
template <bool kSkip>
std::vector<TensorId> import_group_norm(NodeView& node) {
  constexpr int64_t kTail[] = {1, 2};
  const bool last = node.integer("channels_last", 1) != 0;
  const auto first = [&](TensorId x) { return last ? to_channels_first(node, x) : x; };
  const auto back = [&](TensorId y) { return last ? to_channels_last(node, y) : y; };
  TensorId x = first(node.input(0));
  if (kSkip) {
    const TensorId skip = node.input(3);
    x = compose(node, "Add", {x, skip_of_channels(node, node.type(skip).rank() == 4 ? first(skip) : skip)});
    if (node.has_input(4)) x = compose(node, "Add", {x, unsqueeze(node, node.input(4), kTail)});
  }
  node.attributes["num_groups"] = node.integer("groups", 0);
  node.attributes.insert_or_assign("epsilon", node.number("epsilon", 1e-5));
  TensorId y = import_plain(node, "GroupNormalization", {x, node.input(1), node.input(2)})[0];
  if (node.integer("activation", 0) != 0) y = compose(node, "Silu", {y});
  return {back(y), kSkip && node.output_count > 1 ? back(x) : kNone};
}

std::vector<TensorId> import_bias_add(NodeView& node) {
  return {compose(node, "Add", {compose(node, "Add", {node.input(0), node.input(1)}), node.input(2)})};
}

constexpr std::string_view kMicrosoft = "com.microsoft";
constexpr OnnxImporter kOnnx[] = {{"SkipLayerNormalization", 1, import_skip_norm<false>, kMicrosoft},
                                  {"SkipSimplifiedLayerNormalization", 1, import_skip_norm<true>, kMicrosoft},
                                  {"EmbedLayerNormalization", 1, import_embed_layer_norm<false>, kMicrosoft},
                                  {"QEmbedLayerNormalization", 1, import_embed_layer_norm<true>, kMicrosoft},
                                  {"GroupNorm", 1, import_group_norm<false>, kMicrosoft},
                                  {"SkipGroupNorm", 1, import_group_norm<true>, kMicrosoft},
                                  {"BiasAdd", 1, import_bias_add, kMicrosoft}};

}  // namespace

extern const OpEntry microsoft_norm_entry = {"MicrosoftNorm", nullptr, kOnnx, {}};

}  // namespace tn::ops
