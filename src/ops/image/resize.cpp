// SPDX-License-Identifier: Apache-2.0
#include "ops/image/resize.h"

#include <cmath>
#include <numeric>

#include "ops/entry.h"
#include "ops/rules.h"

namespace tn::ops {
namespace {

// floor(extent * scale), exactly: a float is an integer over a power of two.
Dim scale_extent(const Dim& extent, double scale) {
  constexpr double kMost = int64_t{1} << 31;
  model_check(scale > 0 && scale <= kMost, "a scale of {}", scale);
  if (extent.is_constant()) return extent_of(std::floor(static_cast<double>(*extent.constant()) * scale));
  int64_t denominator = 1;
  while (scale != std::floor(scale) && denominator < (int64_t{1} << 30)) {
    scale *= 2;
    denominator *= 2;
  }
  return Dim::floor_div(extent * static_cast<int64_t>(scale), denominator);
}

void resize_by_sizes(const Resize& op, const InferContext& context, const std::vector<int>& axes, Dims& dims) {
  const Dims* sizes = context.value(3);
  model_check(sizes != nullptr, "the sizes must be computable from the shapes of the inputs");
  model_check(sizes->size() == axes.size(), "{} sizes for {} axes", sizes->size(), axes.size());
  if (op.keep_aspect_ratio_policy == AspectPolicy::Stretch) {
    for (size_t i = 0; i < axes.size(); ++i) dims[static_cast<size_t>(axes[i])] = (*sizes)[i];
    return;
  }
  std::vector<int64_t> extents;
  for (const int axis : axes) {
    const auto extent = dims[static_cast<size_t>(axis)].constant();
    model_check(extent.has_value(), "keep_aspect_ratio_policy needs known extents, not {}", to_string(dims));
    extents.push_back(*extent);
  }
  const double scale = common_scale(op.keep_aspect_ratio_policy, extents, required_integers(context, 3, "sizes"));
  for (size_t i = 0; i < axes.size(); ++i) dims[static_cast<size_t>(axes[i])] = scaled_extent(extents[i], scale);
}

}  // namespace

std::vector<TensorType> Resize::infer(const InferContext& context) const {
  TensorType result = context.type(0);
  std::vector<int> named(result.dims.size());
  std::iota(named.begin(), named.end(), 0);
  if (!axes.empty()) named = normalize_axes(axes, result.rank());
  if (context.has(2)) {
    const Constant* scales = context.constant(2);
    model_check(scales != nullptr, "the scales must be a constant");
    model_check(scales->elements() == static_cast<int64_t>(named.size()), "{} scales for {} axes", scales->elements(),
                named.size());
    for (size_t i = 0; i < named.size(); ++i) {
      Dim& dim = result.dims[static_cast<size_t>(named[i])];
      dim = scale_extent(dim, scales->number(static_cast<int64_t>(i)));
    }
  } else {
    resize_by_sizes(*this, context, named, result.dims);
  }
  return {std::move(result)};
}

bool Resize::splits_batch(const InferContext& context, const Dim& batch) const {
  return begins_with(context, 0, batch);
}

namespace {

// Empty tensors stand for absent inputs in opset 11 and 12.
std::vector<TensorId> import_resize(NodeView& node) {
  for (size_t i = 1; i < node.inputs.size(); ++i) {
    const bool empty = node.has_input(i) && node.type(node.inputs[i]).dims == Dims{0};
    if (empty) node.inputs[i] = kNone;
  }
  model_check(node.has_input(2) || node.has_input(3), "neither scales nor sizes are given");
  return import_same<Resize>(node);
}

// Upsample and the first Resize know coordinates x / scale, rounded down (up where the image shrinks).
std::vector<TensorId> import_scaled(NodeView& node, TensorId scales) {
  ResizeAttributes a;
  const std::string mode = node.text("mode", "nearest");
  a.mode = mode == "linear" || mode == "bilinear" ? ResizeMode::Linear : ResizeMode::Nearest;
  a.coordinate_transformation_mode = CoordinateMode::Asymmetric;
  a.nearest_mode = NearestMode::Floor;
  const Constant* constant = node.constant(scales);
  for (int64_t i = 0; constant && i < constant->elements(); ++i) {
    if (constant->number(i) < 1) a.nearest_mode = NearestMode::Ceil;
  }
  return node.add_all(std::make_shared<Resize>(std::move(a)), {node.input(0), kNone, scales});
}

std::vector<TensorId> import_scales_input(NodeView& node) {
  return import_scaled(node, node.input(1));
}

std::vector<TensorId> import_upsample_1(NodeView& node) {
  std::vector<double> scales = node.numbers("scales");
  if (!node.has("scales")) scales = {1, 1, node.number("height_scale", 1), node.number("width_scale", 1)};
  const auto fill = [&](const TensorView& view) {
    for (size_t i = 0; i < scales.size(); ++i) store_double(view, static_cast<int64_t>(i), scales[i]);
  };
  const Shape dims{static_cast<int64_t>(scales.size())};
  return import_scaled(node, node.add_constant(Constant::make(DataType::F32, dims, fill)));
}

constexpr OnnxImporter kOnnx[] = {{"Resize", 10, import_scales_input},
                                  {"Resize", 11, import_resize},
                                  {"Upsample", 1, import_upsample_1},
                                  {"Upsample", 9, import_scales_input}};
constexpr std::string_view kCases[] = {
    "Resize(f32[1,2,3,4], absent, f32[4]{1,1,2,2}) {coordinate_transformation_mode=\"asymmetric\", "
    "nearest_mode=\"floor\"}",
    "Resize(f32[1,2,3,4], absent, absent, i64[4]{1,2,7,5}) {mode=\"linear\"}",
    "Resize(f32[1,1,4,4], absent, absent, i64[2]{9,7}) {mode=\"linear\", axes=[2,3], "
    "coordinate_transformation_mode=\"align_corners\"}",
    "Resize(f32[1,1,4,4], absent, absent, i64[4]{1,1,9,9}) {mode=\"cubic\"}",
    "Resize(f32[1,1,8,8], absent, absent, i64[4]{1,1,3,3}) {mode=\"linear\", antialias=true}",
};

}  // namespace

extern const OpEntry resize_entry = {Resize::kName, make_op<Resize>, kOnnx, kCases};

}  // namespace tn::ops
