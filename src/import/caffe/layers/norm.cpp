// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "import/caffe/layer_context.h"

namespace tn::import::caffe {
namespace {

using Axes = std::vector<int64_t>;

TensorId mean(LayerContext& layer, TensorId x, const Axes& axes) {
  return layer.op("ReduceMean", {x}, {{"axes", axes}, {"keepdims", int64_t{1}}});
}

Axes axes_from(LayerContext& layer, TensorId x, int first) {
  Axes axes(static_cast<size_t>(std::max(layer.rank(x) - first, 0)));
  std::iota(axes.begin(), axes.end(), first);
  return axes;
}

// The sums that training gathered are divided by the third array, how many they are of.
ConstantPtr statistic(LayerContext& layer, size_t index, int64_t channels, double fallback) {
  const ConstantPtr sums = layer.weights().get(layer.layer(), index, {channels}, {fallback, fallback});
  const ConstantPtr total = layer.weights().get(layer.layer(), 2, {1}, {1, 1});
  const double factor = total->number(0) == 0 ? 0 : 1 / total->number(0);
  return Constant::make(DataType::F32, {channels}, [&](const TensorView& view) {
    for (int64_t i = 0; i < channels; ++i) store_double(view, i, sums->number(i) * factor);
  });
}

Tops batch_norm(LayerContext& layer) {
  const Message& parameters = layer.parameters("batch_norm_param");
  constexpr double kEpsilon = 1e-5;
  const double epsilon = parameters.number("eps", kEpsilon);
  const TensorId x = layer.bottom();
  if (!parameters.flag("use_global_stats", true)) {
    Axes axes = axes_from(layer, x, 2);
    axes.insert(axes.begin(), 0);
    const TensorId centred = layer.sub(x, mean(layer, x, axes));
    const TensorId variance = mean(layer, layer.mul(centred, centred), axes);
    return {layer.op("Div", {centred, layer.op("Sqrt", {layer.scale_shift(variance, 1, epsilon)})})};
  }
  model_check(layer.rank(x) >= 2, "its input has no channels");
  const int64_t channels = layer.extent(x, 1);
  constexpr size_t kWithScale = 5;
  if (layer.weights().count(layer.layer()).value_or(0) == kWithScale) {
    // As NVIDIA's fork wrote them: scale, bias, mean, variance, and a count that is not used.
    std::vector<TensorId> inputs = {x};
    for (size_t i = 0; i + 1 < kWithScale; ++i) inputs.push_back(layer.weight(i, {channels}, {}));
    return {layer.op("BatchNormalization", std::move(inputs), {{"epsilon", epsilon}})};
  }
  return {layer.op("BatchNormalization",
                   {x, layer.filled({channels}, 1), layer.filled({channels}, 0),
                    layer.constant(statistic(layer, 0, channels, 0)), layer.constant(statistic(layer, 1, channels, 1))},
                   {{"epsilon", epsilon}})};
}

// ENet and SegNet: factor and summand, with the statistics inside.
Tops merged_batch_norm(LayerContext& layer) {
  const TensorId x = layer.bottom();
  if (layer.parameters("bn_param").choice("bn_mode", {"LEARN", "INFERENCE"}, 0) != 1)
    throw Error(ErrorCode::Unsupported, "only bn_mode INFERENCE, with its statistics merged, can be imported");
  model_check(layer.rank(x) >= 2, "its input has no channels");
  Shape dims = {layer.extent(x, 1)};
  for (int i = 2; i < layer.rank(x); ++i) dims.push_back(1);
  return {layer.add(layer.mul(x, layer.weight(0, dims, {1, 1})), layer.weight(1, dims, {}))};
}

Tops lrn(LayerContext& layer) {
  const Message& parameters = layer.parameters("lrn_param");
  constexpr int64_t kSize = 5;
  constexpr double kBeta = 0.75;
  const int64_t size = LayerContext::size(parameters, "local_size", kSize);
  const double alpha = parameters.number("alpha", 1), beta = parameters.number("beta", kBeta);
  model_check(size % 2 == 1, "local_size {} is even", size);
  const TensorId x = layer.bottom();
  if (parameters.choice("norm_region", {"ACROSS_CHANNELS", "WITHIN_CHANNEL"}, 0) == 0)
    return {
        layer.op("LRN", {x}, {{"size", size}, {"alpha", alpha}, {"beta", beta}, {"bias", parameters.number("k", 1)}})};
  const Axes window = {size, size}, pads(4, (size - 1) / 2);
  const TensorId squares = layer.op("AveragePool", {layer.mul(x, x)},
                                    {{"kernel_shape", window}, {"pads", pads}, {"count_include_pad", int64_t{1}}});
  return {layer.mul(x, layer.op("Pow", {layer.scale_shift(squares, alpha, 1), layer.scalar(-beta)}))};
}

Tops mvn(LayerContext& layer) {
  const Message& parameters = layer.parameters("mvn_param");
  constexpr double kEpsilon = 1e-9;
  const TensorId x = layer.bottom();
  const Axes axes = axes_from(layer, x, parameters.flag("across_channels", false) ? 1 : 2);
  model_check(!axes.empty(), "its input {} has no axes to normalize", to_string(layer.type(x)));
  const TensorId centred = layer.sub(x, mean(layer, x, axes));
  if (!parameters.flag("normalize_variance", true)) return {centred};
  const TensorId deviation = layer.op("Sqrt", {mean(layer, layer.mul(centred, centred), axes)});
  return {layer.op("Div", {centred, layer.scale_shift(deviation, 1, parameters.number("eps", kEpsilon))})};
}

// SSD: x over its Euclidean length (of the whole image, or of each pixel's channels), times a learned factor.
Tops normalize(LayerContext& layer) {
  const Message& parameters = layer.parameters("norm_param");
  constexpr double kEpsilon = 1e-10;
  const TensorId x = layer.bottom();
  model_check(layer.rank(x) == 4, "its input {} is no image", to_string(layer.type(x)));
  const Axes axes = parameters.flag("across_spatial", true) ? Axes{1, 2, 3} : Axes{1};
  const TensorId sum = layer.op("ReduceSum", {layer.mul(x, x), layer.integers(axes)}, {{"keepdims", int64_t{1}}});
  const TensorId length = layer.op("Sqrt", {layer.scale_shift(sum, 1, parameters.number("eps", kEpsilon))});
  const bool shared = parameters.flag("channel_shared", true);
  const Shape dims = {shared ? 1 : layer.extent(x, 1), 1, 1};
  return {layer.mul(layer.op("Div", {x, length}), layer.weight(0, dims, {1, 1}))};
}

Tops softmax(LayerContext& layer) {
  const TensorId x = layer.bottom();
  const int axis = layer.axis(layer.parameters("softmax_param").integer("axis", 1), layer.rank(x));
  return {layer.op("Softmax", {x}, {{"axis", int64_t{axis}}})};
}

constexpr LayerEntry kLayers[] = {
    {"BatchNorm", batch_norm}, {"BN", merged_batch_norm}, {"LRN", lrn}, {"MVN", mvn},
    {"Normalize", normalize},  {"Softmax", softmax},
};

}  // namespace

std::span<const LayerEntry> norm_layers() {
  return kLayers;
}

}  // namespace tn::import::caffe
