// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/error.h"
#include "import/caffe/layer_context.h"

namespace tn::import::caffe {
namespace {

using Axes = std::vector<int64_t>;

Tops reduction(LayerContext& layer) {
  const Message& parameters = layer.parameters("reduction_param");
  TensorId x = layer.bottom();
  enum : size_t { kSum = 1, kAbsoluteSum, kSquareSum, kMean };
  const size_t operation = parameters.choice("operation", {"", "SUM", "ASUM", "SUMSQ", "MEAN"}, kSum);
  Axes axes;
  for (int i = layer.axis(parameters.integer("axis", 0), layer.rank(x)); i < layer.rank(x); ++i) axes.push_back(i);
  if (operation == kAbsoluteSum) x = layer.op("Abs", {x});
  if (operation == kSquareSum) x = layer.mul(x, x);
  const TensorId result = operation == kMean
                              ? layer.op("ReduceMean", {x}, {{"axes", axes}, {"keepdims", int64_t{0}}})
                              : layer.op("ReduceSum", {x, layer.integers(axes)}, {{"keepdims", int64_t{0}}});
  return {layer.scale_shift(result, parameters.number("coeff", 1), 0)};
}

// Of equal values Caffe takes the last: so the axis is turned round before, and the positions after.
Tops last_largest(LayerContext& layer, TensorId x, int axis, int64_t count) {
  const int64_t extent = layer.extent(x, axis);
  model_check(count <= extent, "top_k {} of an extent of {}", count, extent);
  constexpr int64_t kBeforeAll = INT64_MIN;
  const TensorId reversed = layer.op(
      "Slice", {x, layer.integers({-1}), layer.integers({kBeforeAll}), layer.integers({axis}), layer.integers({-1})});
  const Tops largest =
      layer.ops("TopK", {reversed, layer.integers({count})}, 2, {{"axis", int64_t{axis}}, {"largest", int64_t{1}}});
  const TensorId positions = layer.sub(layer.integers({extent - 1}), largest[1]);
  return {largest[0], layer.cast(positions, DataType::F32)};
}

Tops arg_max(LayerContext& layer) {
  const Message& parameters = layer.parameters("argmax_param");
  const TensorId x = layer.bottom();
  const int64_t count = LayerContext::size(parameters, "top_k", 1);
  const bool values = parameters.flag("out_max_val", false);
  if (parameters.has("axis")) {
    const int axis = layer.axis(parameters.integer("axis", 0), layer.rank(x));
    return {last_largest(layer, x, axis, count)[values ? 0 : 1]};
  }
  // Over all axes but the first: [N, 1, top_k], or [N, 2, top_k] with the values behind the positions.
  const Tops largest = last_largest(layer, layer.op("Flatten", {x}, {{"axis", int64_t{1}}}), 1, count);
  Axes dims = {0, 1, count};
  for (int i = 3; i < layer.rank(x); ++i) dims.push_back(1);
  dims[0] = layer.extent(x, 0);
  const TensorId positions = layer.reshape(largest[1], dims);
  if (!values) return {positions};
  return {layer.op("Concat", {positions, layer.reshape(largest[0], dims)}, {{"axis", int64_t{1}}})};
}

constexpr LayerEntry kLayers[] = {{"ArgMax", arg_max}, {"Reduction", reduction}};

}  // namespace

std::span<const LayerEntry> reduction_layers() {
  return kLayers;
}

}  // namespace tn::import::caffe
