// SPDX-License-Identifier: Apache-2.0
// BatchNormalization becomes one factor and one summand per channel.
#include <cmath>
#include <numeric>

#include "ops/compose.h"
#include "ops/entry.h"

namespace tn::ops {
namespace {

struct Parameters {
  TensorId scale, bias, mean, variance;
  double epsilon;
};

// A [C] tensor along axis 1 of a tensor of this rank.
TensorId along_channels(NodeView& node, TensorId x, int rank) {
  std::vector<int64_t> axes(static_cast<size_t>(rank > 2 ? rank - 2 : 0));
  std::iota(axes.begin(), axes.end(), 1);
  return axes.empty() ? x : unsqueeze(node, x, axes);
}

// Per-channel constants are computed here, in double, so that every precision gets them rounded once.
TensorId channel_constant(NodeView& node, DataType type, int rank, int64_t channels, const auto& value) {
  Shape dims = {channels};
  for (int i = 2; i < rank; ++i) dims.push_back(1);
  return node.add_constant(Constant::make(type, dims, [&](const TensorView& view) {
    for (int64_t c = 0; c < channels; ++c) store_double(view, c, value(c));
  }));
}

bool fold(NodeView& node, TensorId x, const Parameters& p, TensorId& factor, TensorId& summand) {
  const Constant *scale = node.constant(p.scale), *bias = node.constant(p.bias), *mean = node.constant(p.mean),
                 *variance = node.constant(p.variance);
  if (!scale || !bias || !mean || !variance) return false;
  const int64_t channels = scale->elements();
  model_check(bias->elements() == channels && mean->elements() == channels && variance->elements() == channels,
              "scale, bias, mean and variance differ in length");
  const auto factor_of = [=](int64_t c) { return scale->number(c) / std::sqrt(variance->number(c) + p.epsilon); };
  const TensorType type = node.type(x);
  factor = channel_constant(node, type.type, type.rank(), channels, factor_of);
  summand = channel_constant(node, type.type, type.rank(), channels,
                             [=](int64_t c) { return bias->number(c) - mean->number(c) * factor_of(c); });
  return true;
}

TensorId apply(NodeView& node, TensorId x, const Parameters& p) {
  TensorId factor = kNone, summand = kNone;
  if (!fold(node, x, p, factor, summand)) {
    const int rank = node.type(x).rank();
    const DataType type = node.type(x).type;
    const TensorId variance = compose(node, "Add", {p.variance, scalar_like(node, p.epsilon, p.variance)});
    const TensorId root = cast_to(node, compose(node, "Sqrt", {variance}), type);
    const TensorId per_channel = compose(node, "Div", {cast_to(node, p.scale, type), root});
    const TensorId shift = compose(node, "Mul", {cast_to(node, p.mean, type), per_channel});
    summand = along_channels(node, compose(node, "Sub", {cast_to(node, p.bias, type), shift}), rank);
    factor = along_channels(node, per_channel, rank);
  }
  return compose(node, "Add", {compose(node, "Mul", {x, factor}), summand});
}

// old · momentum + fresh · (1 − momentum)
TensorId blend(NodeView& node, TensorId old, TensorId fresh, double momentum) {
  return compose(
      node, "Add",
      {compose(node, "Mul", {old, scalar_like(node, momentum, old)}),
       compose(node, "Mul", {cast_to(node, fresh, node.type(old).type), scalar_like(node, 1 - momentum, old)})});
}

std::vector<TensorId> import_inference(NodeView& node) {
  return {apply(node, node.input(0),
                {node.input(1), node.input(2), node.input(3), node.input(4), node.number("epsilon", 1e-5)})};
}

std::vector<TensorId> import_14(NodeView& node) {
  if (node.integer("training_mode", 0) == 0) return import_inference(node);
  const TensorId x = node.input(0);
  const int rank = node.type(x).rank();
  std::vector<int64_t> axes = {0};
  for (int64_t i = 2; i < rank; ++i) axes.push_back(i);
  const TensorId mean = reduce(node, "Mean", x, axes);
  const TensorId centered = compose(node, "Sub", {x, mean});
  const TensorId variance = reduce(node, "Mean", compose(node, "Mul", {centered, centered}), axes, false);
  const TensorId flat_mean = squeeze(node, mean, axes);
  const double momentum = node.number("momentum", 0.9);
  const TensorId y = apply(node, x, {node.input(1), node.input(2), flat_mean, variance, node.number("epsilon", 1e-5)});
  const TensorId running_mean = blend(node, node.input(3), flat_mean, momentum);
  return {y, running_mean, blend(node, node.input(4), variance, momentum)};
}

constexpr OnnxImporter kOnnx[] = {{"BatchNormalization", 1, import_inference}, {"BatchNormalization", 14, import_14}};

}  // namespace

extern const OpEntry batch_norm_entry = {"BatchNormalization", nullptr, kOnnx, {}};

}  // namespace tn::ops
