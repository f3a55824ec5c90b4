// SPDX-License-Identifier: Apache-2.0
#include "ops/norm/norm.h"

#include <numeric>

#include "ops/compose.h"
#include "ops/entry.h"
#include "ops/rules.h"

namespace tn::ops {

std::vector<TensorType> NormOverTail::infer(const InferContext& context) const {
  const TensorType& x = context.type(0);
  model_check(is_float(x.type), "{} is not a tensor of floats", to_string(x));
  normalize_axis(axis, x.rank());
  for (int i = 1; i < context.inputs(); ++i) {
    if (!context.has(i)) continue;
    check_same_type(context, 0, i);
    model_check(broadcast(x.dims, context.type(i).dims).size() == x.dims.size(), "{} does not broadcast to {}",
                to_string(context.type(i)), to_string(x));
  }
  return {x};
}

bool NormOverTail::splits_batch(const InferContext& context, const Dim& batch) const {
  return only_first_has_batch(context, batch) && normalize_axis(axis, context.type(0).rank()) != 0;
}

std::vector<TensorType> GroupNormalization::infer(const InferContext& context) const {
  const TensorType& x = context.type(0);
  model_check(is_float(x.type) && x.rank() >= 2, "X is {}", to_string(x));
  const auto channels = x.dims[1].constant();
  model_check(num_groups > 0 && channels && *channels % num_groups == 0, "the channels of {} do not make {} groups",
              to_string(x), num_groups);
  for (int i = 1; i <= 2; ++i) {
    check_same_type(context, 0, i);
    check_rank(context, i, 1);
    unify(context.type(i).dims[0], x.dims[1], "channels");
  }
  return {x};
}

bool GroupNormalization::splits_batch(const InferContext& context, const Dim& batch) const {
  return only_first_has_batch(context, batch);
}

namespace {

struct Lrn final : OpBase<Lrn, Referenced>, LrnAttributes {
  static constexpr std::string_view kName = "LRN";
  using LrnAttributes::fields;
  std::vector<TensorType> infer(const InferContext& context) const override {
    const TensorType& x = context.type(0);
    model_check(is_float(x.type) && x.rank() >= 2 && size > 0, "X is {} and size {}", to_string(x), size);
    return {x};
  }
  bool splits_batch(const InferContext& context, const Dim& batch) const override {
    return only_first_has_batch(context, batch);
  }
};

std::vector<int64_t> axes_from(const NodeView& node, TensorId x, int64_t axis) {
  const int rank = node.type(x).rank(), first = normalize_axis(axis, rank);
  std::vector<int64_t> axes(static_cast<size_t>(rank - first));
  std::iota(axes.begin(), axes.end(), first);
  return axes;
}

// 1 / sqrt(mean of squares + epsilon)
TensorId inverse_root(NodeView& node, TensorId x, const std::vector<int64_t>& axes, double epsilon) {
  const TensorId squares = reduce(node, "Mean", compose(node, "Mul", {x, x}), axes);
  return compose(node, "Reciprocal",
                 {compose(node, "Sqrt", {compose(node, "Add", {squares, scalar_like(node, epsilon, x)})})});
}

// A norm in the type of X; scale and bias may be of another (opset 23 allows it).
TensorId norm(NodeView& node, std::string_view op, std::vector<TensorId> inputs, int64_t axis, double epsilon) {
  for (TensorId& input : inputs) input = cast_to(node, input, node.type(inputs[0]).type);
  return compose(node, op, std::move(inputs), {{"axis", axis}, {"epsilon", epsilon}});
}

std::vector<TensorId> import_layer_norm(NodeView& node) {
  const TensorId x = node.input(0);
  const int64_t axis = node.integer("axis", -1);
  const double epsilon = node.number("epsilon", 1e-5);
  std::vector<TensorId> inputs = {x, node.input(1)};
  if (node.has_input(2)) inputs.push_back(node.input(2));
  std::vector<TensorId> outputs = {norm(node, "LayerNormalization", std::move(inputs), axis, epsilon)};
  if (node.output_count < 2) return outputs;
  const auto axes = axes_from(node, x, axis);
  const TensorId wide = cast_to(node, x, node.data_type("stash_type", DataType::F32));
  const TensorId mean = reduce(node, "Mean", wide, axes);
  outputs.push_back(mean);
  if (node.output_count > 2) outputs.push_back(inverse_root(node, compose(node, "Sub", {wide, mean}), axes, epsilon));
  return outputs;
}

std::vector<TensorId> import_rms_norm(NodeView& node) {
  const TensorId x = node.input(0);
  const int64_t axis = node.integer("axis", -1);
  const double epsilon = node.number("epsilon", 1e-5);
  const TensorId y = norm(node, "RMSNormalization", {x, node.input(1)}, axis, epsilon);
  if (node.output_count < 2) return {y};
  return {y, inverse_root(node, widen(node, x), axes_from(node, x, axis), epsilon)};
}

TensorId group_norm(NodeView& node, TensorId scale, TensorId bias, int64_t groups) {
  const TensorId x = node.input(0);
  const DataType type = node.type(x).type;
  return compose(node, "GroupNormalization", {x, cast_to(node, scale, type), cast_to(node, bias, type)},
                 {{"num_groups", groups}, {"epsilon", node.number("epsilon", 1e-5)}});
}

int64_t known_channels(const NodeView& node) {
  const TensorType& x = node.type(node.input(0));
  model_check(x.rank() >= 2 && x.dims[1].is_constant(), "X is {}; the channels must be known", to_string(x));
  return *x.dims[1].constant();
}

std::vector<TensorId> import_group_norm(NodeView& node) {
  return {group_norm(node, node.input(1), node.input(2), node.integer("num_groups", 1))};
}

// Opset 18 had one scale and bias per group.
std::vector<TensorId> import_group_norm_18(NodeView& node) {
  const int64_t channels = known_channels(node), groups = node.integer("num_groups", 1);
  model_check(groups > 0 && channels % groups == 0, "{} channels do not make {} groups", channels, groups);
  std::vector<int64_t> group_of(static_cast<size_t>(channels));
  for (int64_t c = 0; c < channels; ++c) group_of[static_cast<size_t>(c)] = c / (channels / groups);
  const TensorId indices = node.add_integers(group_of);
  const auto per_channel = [&](TensorId x) { return compose(node, "Gather", {x, indices}, {{"axis", int64_t{0}}}); };
  const TensorId scale = per_channel(node.input(1));
  return {group_norm(node, scale, per_channel(node.input(2)), groups)};
}

std::vector<TensorId> import_instance_norm(NodeView& node) {
  return {group_norm(node, node.input(1), node.input(2), known_channels(node))};
}

// x / (Σ |x|^p)^(1/p), and 0 where the norm is 0.
std::vector<TensorId> import_lp_norm(NodeView& node) {
  const TensorId x = widen(node, node.input(0));
  const int64_t p = node.integer("p", 2), axis = node.integer("axis", -1);
  model_check(p == 1 || p == 2, "p is {}, not 1 or 2", p);
  TensorId norm = compose(node, p == 1 ? "Abs" : "Mul", p == 1 ? std::vector{x} : std::vector{x, x});
  norm = reduce(node, "Sum", norm, {axis});
  if (p == 2) norm = compose(node, "Sqrt", {norm});
  const TensorId zero = scalar_like(node, 0, x), one = scalar_like(node, 1, x);
  const TensorId safe = compose(node, "Where", {compose(node, "Equal", {norm, zero}), one, norm});
  return {cast_to(node, compose(node, "Div", {x, safe}), node.type(node.input(0)).type)};
}

std::vector<TensorId> import_mean_variance(NodeView& node) {
  const TensorId x = widen(node, node.input(0));
  const std::vector<int64_t> axes = node.integers("axes", {0, 2, 3});
  const TensorId centered = compose(node, "Sub", {x, reduce(node, "Mean", x, axes)});
  const TensorId deviation =
      compose(node, "Sqrt", {reduce(node, "Mean", compose(node, "Mul", {centered, centered}), axes)});
  const TensorId divisor = compose(node, "Add", {deviation, scalar_like(node, 1e-9, x)});
  return {cast_to(node, compose(node, "Div", {centered, divisor}), node.type(node.input(0)).type)};
}

constexpr OnnxImporter kLayerNorm[] = {{"LayerNormalization", 1, import_layer_norm}};
constexpr OnnxImporter kRmsNorm[] = {{"RMSNormalization", 23, import_rms_norm},
                                     {"SimplifiedLayerNormalization", 1, import_rms_norm}};
constexpr OnnxImporter kGroupNorm[] = {{"GroupNormalization", 18, import_group_norm_18},
                                       {"GroupNormalization", 21, import_group_norm},
                                       {"InstanceNormalization", 1, import_instance_norm}};
constexpr OnnxImporter kLrn[] = {{"LRN", 1, import_same<Lrn>}};
constexpr OnnxImporter kLpNorm[] = {{"LpNormalization", 1, import_lp_norm}};
constexpr OnnxImporter kMeanVariance[] = {{"MeanVarianceNormalization", 9, import_mean_variance}};

constexpr std::string_view kLayerNormCases[] = {
    "LayerNormalization(f32[2,3,64], f32[64], f32[64])",
    "LayerNormalization(f32[2,3,4,5], f32[4,5]) {axis=-2, epsilon=0.01}",
    "LayerNormalization(f16[4,37], f16[37], f16[37])",
};
constexpr std::string_view kRmsNormCases[] = {"RMSNormalization(f32[2,3,64], f32[64])",
                                              "RMSNormalization(f16[4,37], f16[37])"};
constexpr std::string_view kGroupNormCases[] = {
    "GroupNormalization(f32[2,6,5,4], f32[6], f32[6]) {num_groups=2}",
    "GroupNormalization(f32[2,3,17], f32[3], f32[3]) {num_groups=3}",
};
constexpr std::string_view kLrnCases[] = {"LRN(f32[2,7,3,4]) {size=3}",
                                          "LRN(f32[1,5,6]) {size=4, alpha=0.01, bias=2.0}"};

}  // namespace

extern const OpEntry layer_norm_entry = {LayerNormalization::kName, make_op<LayerNormalization>, kLayerNorm,
                                         kLayerNormCases};
extern const OpEntry rms_norm_entry = {RmsNormalization::kName, make_op<RmsNormalization>, kRmsNorm, kRmsNormCases};
extern const OpEntry group_norm_entry = {GroupNormalization::kName, make_op<GroupNormalization>, kGroupNorm,
                                         kGroupNormCases};
extern const OpEntry lrn_entry = {Lrn::kName, make_op<Lrn>, kLrn, kLrnCases};
extern const OpEntry lp_norm_entry = {"LpNormalization", nullptr, kLpNorm, {}};
extern const OpEntry mean_variance_norm_entry = {"MeanVarianceNormalization", nullptr, kMeanVariance, {}};

}  // namespace tn::ops
