// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "base/error.h"
#include "import/caffe/layer_context.h"

namespace tn::import::caffe {
namespace {

template <const char* kOperator>
Tops same(LayerContext& layer) {
  return {layer.op(kOperator, {layer.bottom()})};
}
constexpr char kAbs[] = "Abs", kIdentity[] = "Identity", kSigmoid[] = "Sigmoid", kSoftplus[] = "Softplus",
               kTanh[] = "Tanh";

Tops clip(LayerContext& layer, double low, double high) {
  return {layer.op("Clip", {layer.bottom(), layer.scalar(low), layer.scalar(high)})};
}

Tops clip(LayerContext& layer) {
  const Message& parameters = layer.parameters("clip_param");
  model_check(parameters.has("min") && parameters.has("max"), "clip_param lacks min or max");
  return clip(layer, parameters.number("min", 0), parameters.number("max", 0));
}

Tops relu6(LayerContext& layer) {
  constexpr double kMost = 6;
  return clip(layer, 0, kMost);
}

Tops elu(LayerContext& layer) {
  return {layer.op("Elu", {layer.bottom()}, {{"alpha", layer.parameters("elu_param").number("alpha", 1)}})};
}

// Logarithm of a base, of which -1 stands for e.
double log_base(const Message& parameters) {
  const double base = parameters.number("base", -1);
  model_check(base == -1 || base > 0, "its base is {}", base);
  return base == -1 ? 1 : std::log(base);
}

TensorId inner(LayerContext& layer, const Message& parameters) {
  return layer.scale_shift(layer.bottom(), parameters.number("scale", 1), parameters.number("shift", 0));
}

// base ^ (shift + scale·x)
Tops exp(LayerContext& layer) {
  const Message& parameters = layer.parameters("exp_param");
  return {layer.op("Exp", {layer.scale_shift(inner(layer, parameters), log_base(parameters), 0)})};
}

// log_base(shift + scale·x)
Tops log(LayerContext& layer) {
  const Message& parameters = layer.parameters("log_param");
  const double base = log_base(parameters);
  model_check(base != 0, "its base is 1");
  return {layer.scale_shift(layer.op("Log", {inner(layer, parameters)}), 1 / base, 0)};
}

// (shift + scale·x) ^ power
Tops power(LayerContext& layer) {
  const Message& parameters = layer.parameters("power_param");
  const TensorId x = inner(layer, parameters);
  const double exponent = parameters.number("power", 1);
  return {exponent == 1 ? x : layer.op("Pow", {x, layer.scalar(exponent)})};
}

Tops prelu(LayerContext& layer) {
  const TensorId x = layer.bottom();
  constexpr Fill kInitial{0.25, 0.25};
  if (layer.parameters("prelu_param").flag("channel_shared", false))
    return {layer.op("PRelu", {x, layer.weight(0, {1}, kInitial)})};
  model_check(layer.rank(x) >= 2, "its input has no channels");
  Shape slopes = {layer.extent(x, 1)};
  for (int i = 2; i < layer.rank(x); ++i) slopes.push_back(1);
  return {layer.op("PRelu", {x, layer.weight(0, slopes, kInitial)})};
}

Tops relu(LayerContext& layer) {
  const double slope = layer.parameters("relu_param").number("negative_slope", 0);
  if (slope == 0) return {layer.op("Relu", {layer.bottom()})};
  return {layer.op("LeakyRelu", {layer.bottom()}, {{"alpha", slope}})};
}

// x·sigmoid(beta·x)
Tops swish(LayerContext& layer) {
  const double beta = layer.parameters("swish_param").number("beta", 1);
  return {layer.mul(layer.bottom(), layer.op("Sigmoid", {layer.scale_shift(layer.bottom(), beta, 0)}))};
}

Tops threshold(LayerContext& layer) {
  const double limit = layer.parameters("threshold_param").number("threshold", 0);
  return {layer.cast(layer.op("Greater", {layer.bottom(), layer.scalar(limit)}), DataType::F32)};
}

constexpr LayerEntry kLayers[] = {
    {"AbsVal", same<kAbs>},
    {"BNLL", same<kSoftplus>},
    {"Clip", clip},
    {"Dropout", same<kIdentity>},
    {"ELU", elu},
    {"Exp", exp},
    {"Log", log},
    {"Power", power},
    {"PReLU", prelu},
    {"ReLU", relu},
    {"ReLU6", relu6},
    {"Sigmoid", same<kSigmoid>},
    {"Swish", swish},
    {"TanH", same<kTanh>},
    {"Threshold", threshold},
};

}  // namespace

std::span<const LayerEntry> activation_layers() {
  return kLayers;
}

}  // namespace tn::import::caffe
