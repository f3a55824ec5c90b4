// SPDX-License-Identifier: Apache-2.0
// Convolutions and pools.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "import/caffe/layer_context.h"

namespace tn::import::caffe {
namespace {

using Sizes = std::vector<int64_t>;

// A window parameter: once for all spatial axes, or once for each, or as `short_name`_h and _w.
Sizes window_sizes(const Message& parameters, std::string_view name, std::string_view short_name, size_t axes,
                   int64_t fallback, int64_t least) {
  Sizes sizes = parameters.integers(name);
  const std::string height = fmt::format("{}_h", short_name), width = fmt::format("{}_w", short_name);
  if (parameters.has(height) || parameters.has(width)) {
    model_check(sizes.empty() && axes == 2, "{} and {} do not go with {} or {} spatial axes", height, width, name,
                axes);
    sizes = {parameters.integer(height, fallback), parameters.integer(width, fallback)};
  }
  if (sizes.empty()) sizes = {fallback};
  if (sizes.size() == 1) sizes.resize(axes, sizes[0]);
  model_check(sizes.size() == axes, "{} has {} values for {} spatial axes", name, sizes.size(), axes);
  for (const int64_t size : sizes) model_check(size >= least && size <= kMostSize, "{} is {}", name, size);
  return sizes;
}

struct Window {
  Sizes kernel, stride, pad, dilation;
};

size_t spatial_axes(LayerContext& layer, TensorId x) {
  model_check(layer.rank(x) >= 3, "its input is {}; spatial axes are missing", to_string(layer.type(x)));
  return static_cast<size_t>(layer.rank(x)) - 2;
}

Window read_window(const Message& parameters, size_t axes) {
  Window window;
  // 0 is no kernel: it must be given.
  window.kernel = window_sizes(parameters, "kernel_size", "kernel", axes, 0, 1);
  window.stride = window_sizes(parameters, "stride", "stride", axes, 1, 1);
  window.pad = window_sizes(parameters, "pad", "pad", axes, 0, 0);
  window.dilation = window_sizes(parameters, "dilation", "dilation", axes, 1, 1);
  return window;
}

Attributes attributes_of(const Window& window) {
  Sizes pads = window.pad;
  pads.insert(pads.end(), window.pad.begin(), window.pad.end());
  return {{"kernel_shape", window.kernel},
          {"strides", window.stride},
          {"dilations", window.dilation},
          {"pads", std::move(pads)}};
}

enum class Groups : uint8_t { AsGiven, Depthwise };

Tops convolution(LayerContext& layer, std::string_view op, Groups groups) {
  const Message& parameters = layer.parameters("convolution_param");
  const bool transposed = op == "ConvTranspose";
  if (parameters.integer("axis", 1) != 1)
    throw Error(ErrorCode::Unsupported, "channels on axis {} are not supported", parameters.integer("axis", 1));
  const Window window = read_window(parameters, spatial_axes(layer, layer.bottom()));
  const int64_t outputs = LayerContext::size(parameters, "num_output", 0);
  Attributes attributes = attributes_of(window);
  Tops tops;
  for (size_t i = 0; i < layer.bottoms(); ++i) {
    const TensorId x = layer.bottom(i);
    const int64_t channels = layer.extent(x, 1);
    const int64_t group = groups == Groups::Depthwise ? channels : LayerContext::size(parameters, "group", 1);
    model_check(channels % group == 0 && outputs % group == 0, "{} groups do not divide {} channels and {} outputs",
                group, channels, outputs);
    attributes["group"] = group;
    const int64_t from = transposed ? channels : outputs, to = (transposed ? outputs : channels) / group;
    Shape dims = {from, to};
    int64_t taps = 1;
    for (const int64_t size : window.kernel) {
      dims.push_back(size);
      taps = checked_elements(Sizes{taps, size}, kMostElements);
    }
    Tops inputs = {x, layer.weight(0, dims, Fill::sum_of(channels / group * taps))};
    if (parameters.flag("bias_term", true)) inputs.push_back(layer.weight(1, {outputs}, {}));
    tops.push_back(layer.op(op, std::move(inputs), attributes));
  }
  return tops;
}

Tops convolution(LayerContext& layer) {
  return convolution(layer, "Conv", Groups::AsGiven);
}
Tops depthwise(LayerContext& layer) {
  return convolution(layer, "Conv", Groups::Depthwise);
}
Tops deconvolution(LayerContext& layer) {
  return convolution(layer, "ConvTranspose", Groups::AsGiven);
}

// Every tap of the window becomes a channel: a convolution with kernels of a single one.
Tops im2col(LayerContext& layer) {
  const TensorId x = layer.bottom();
  const Window window = read_window(layer.parameters("convolution_param"), spatial_axes(layer, x));
  const int64_t channels = layer.extent(x, 1), taps = checked_elements(window.kernel, kMostSize);
  Shape dims = {checked_elements(Sizes{channels, taps}, kMostSize), 1};
  for (const int64_t size : window.kernel) dims.push_back(size);
  constexpr int64_t kMostOnes = int64_t{1} << 26;
  std::vector<float> kernels(static_cast<size_t>(checked_elements(dims.span(), kMostOnes)));
  for (int64_t i = 0; i < dims[0]; ++i) kernels[static_cast<size_t>(i * taps + i % taps)] = 1;
  Attributes attributes = attributes_of(window);
  attributes["group"] = channels;
  return {layer.op("Conv", {x, layer.floats(dims, kernels)}, std::move(attributes))};
}

// Without padding, Caffe counts a last window that begins behind the image: nothing is in it, and its maximum is the
// lowest number.
TensorId with_empty_windows(LayerContext& layer, TensorId x, const Window& window) {
  if (std::ranges::any_of(window.pad, [](int64_t pad) { return pad > 0; })) return x;
  Sizes pads(2 * static_cast<size_t>(layer.rank(x)), 0);
  for (size_t i = 0; i < window.kernel.size(); ++i) {
    const Dim& dim = layer.type(x).dims[i + 2];
    const int64_t kernel = window.kernel[i], stride = window.stride[i];
    if (!dim.is_constant() || *dim.constant() < kernel) continue;
    const int64_t last = (*dim.constant() - kernel + stride - 1) / stride * stride;
    if (last >= *dim.constant()) pads[pads.size() / 2 + i + 2] = last + kernel - *dim.constant();
  }
  if (std::ranges::all_of(pads, [](int64_t pad) { return pad == 0; })) return x;
  return layer.op("Pad", {x, layer.integers(pads), layer.scalar(std::numeric_limits<float>::lowest())});
}

enum Method : size_t { kMax, kAverage, kStochastic };

TensorId pool(LayerContext& layer, TensorId x, size_t method, const Window& window, bool ceil) {
  for (size_t i = 0; i < window.kernel.size(); ++i)
    model_check(window.pad[i] < window.kernel[i], "its padding {} is not below its kernel {}", window.pad[i],
                window.kernel[i]);
  if (ceil && method == kMax) x = with_empty_windows(layer, x, window);
  Attributes attributes = attributes_of(window);
  attributes["ceil_mode"] = int64_t{ceil};
  if (method == kMax) return layer.op("MaxPool", {x}, std::move(attributes));
  attributes.erase("dilations");
  // The mean over what of the window lies in the image or its padding.
  attributes["count_include_pad"] = int64_t{1};
  const TensorId mean = layer.op("AveragePool", {x}, attributes);
  if (method == kAverage) return mean;
  // A stochastic pool gives the mean weighted by the values themselves.
  const TensorId squares = layer.op("AveragePool", {layer.mul(x, x)}, std::move(attributes));
  return layer.op("Div", {squares, layer.add(mean, layer.scalar(std::numeric_limits<float>::min()))});
}

Window whole_image(LayerContext& layer, TensorId x) {
  const size_t axes = spatial_axes(layer, x);
  Window window{{}, Sizes(axes, 1), Sizes(axes, 0), Sizes(axes, 1)};
  for (size_t i = 0; i < axes; ++i) window.kernel.push_back(layer.extent(x, static_cast<int>(i) + 2));
  return window;
}

// Positions of the maxima in their image, as floats.
Tops pool_with_mask(LayerContext& layer, const Window& window, bool ceil) {
  const TensorId x = layer.bottom();
  Attributes attributes = attributes_of(window);
  attributes["ceil_mode"] = int64_t{ceil};
  const Tops tops = layer.ops("MaxPool", {x}, 2, std::move(attributes));
  int64_t image = 1;
  for (int i = 2; i < layer.rank(x); ++i) image *= layer.extent(x, i);
  return {tops[0], layer.cast(layer.op("Mod", {tops[1], layer.integers({image})}), DataType::F32)};
}

Tops pooling(LayerContext& layer) {
  const Message& parameters = layer.parameters("pooling_param");
  const TensorId x = layer.bottom();
  const size_t method = parameters.choice("pool", {"MAX", "AVE", "STOCHASTIC"}, kMax);
  // Forks write ceil_mode for what BVLC's round_mode says.
  const bool ceil = parameters.choice("round_mode", {"CEIL", "FLOOR"}, 0) == 0 && parameters.flag("ceil_mode", true);
  const bool global = parameters.flag("global_pooling", false);
  if (global && method != kStochastic && layer.layer().tops.size() < 2)
    return {layer.op(method == kMax ? "GlobalMaxPool" : "GlobalAveragePool", {x})};
  const Window window = global ? whole_image(layer, x) : read_window(parameters, spatial_axes(layer, x));
  if (layer.layer().tops.size() > 1 && method == kMax) return pool_with_mask(layer, window, ceil);
  return {pool(layer, x, method, window, ceil)};
}

// Pools of 1, 2, 4 … bins a side, one behind the other.
Tops pyramid(LayerContext& layer) {
  const Message& parameters = layer.parameters("spp_param");
  const TensorId x = layer.bottom();
  constexpr int64_t kMostLevels = 20;
  const int64_t levels = LayerContext::size(parameters, "pyramid_height", 0);
  model_check(spatial_axes(layer, x) == 2 && levels <= kMostLevels, "a pyramid of {} levels over {}", levels,
              to_string(layer.type(x)));
  const size_t method = parameters.choice("pool", {"MAX", "AVE", "STOCHASTIC"}, kMax);
  Tops parts;
  for (int64_t level = 0; level < levels; ++level) {
    const int64_t bins = int64_t{1} << level;
    Window window{{}, {}, {}, {1, 1}};
    for (int i = 2; i < 4; ++i) {
      const int64_t extent = layer.extent(x, i), kernel = (extent + bins - 1) / bins;
      window.kernel.push_back(kernel);
      window.pad.push_back((kernel * bins - extent + 1) / 2);
    }
    window.stride = window.kernel;
    parts.push_back(pool(layer, x, method, window, true));
    if (levels == 1) return parts;
    parts.back() = layer.op("Flatten", {parts.back()});
  }
  return {layer.op("Concat", std::move(parts), {{"axis", int64_t{1}}})};
}

constexpr LayerEntry kLayers[] = {
    {"Convolution", convolution},
    {"ConvolutionDepthwise", depthwise},
    {"DepthwiseConvolution", depthwise},
    {"Deconvolution", deconvolution},
    {"Im2col", im2col},
    {"Pooling", pooling},
    {"SPP", pyramid},
};

}  // namespace

std::span<const LayerEntry> window_layers() {
  return kLayers;
}

}  // namespace tn::import::caffe
