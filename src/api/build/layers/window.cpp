// SPDX-License-Identifier: Apache-2.0
#include "api/build/layers/window.h"

#include "api/run/convert.h"
#include "base/error.h"

namespace tn::api {
namespace {

std::vector<int64_t> list_of(const tenon::Dims& dims, const tenon::Dims& size, int64_t fallback, const char* what) {
  if (dims.nbDims == 0) return std::vector<int64_t>(static_cast<size_t>(size.nbDims), fallback);
  if (dims.nbDims != size.nbDims) {
    throw Error(ErrorCode::InvalidArgument, "{} has {} dimensions, the window has {}", what, dims.nbDims, size.nbDims);
  }
  return {dims.d, dims.d + dims.nbDims};
}

/// Widens the padding at the end until the strides divide what the window moves over.
void round_up(const TensorType& image, Attributes& attributes) {
  const auto& size = std::get<std::vector<int64_t>>(attributes.at("kernel_shape"));
  const auto& stride = std::get<std::vector<int64_t>>(attributes.at("strides"));
  const auto& dilation = std::get<std::vector<int64_t>>(attributes.at("dilations"));
  auto& pads = std::get<std::vector<int64_t>>(attributes.at("pads"));
  for (size_t i = 0; i < size.size() && i + 2 < image.dims.size(); ++i) {
    const auto extent = image.dims[i + 2].constant();
    if (stride[i] <= 1) continue;
    if (!extent)
      throw Error(ErrorCode::Unsupported, "a convolution of {} whose extents are rounded up", to_string(image));
    const int64_t room = *extent + pads[i] + pads[i + size.size()] - ((size[i] - 1) * dilation[i] + 1);
    if (room > 0) pads[i + size.size()] += (stride[i] - room % stride[i]) % stride[i];
  }
}

}  // namespace

Attributes Window::attributes() const {
  if (size.nbDims < 1 || size.nbDims > 3)
    throw Error(ErrorCode::InvalidArgument, "a window of {} dimensions; 1 to 3 are possible", size.nbDims);
  Attributes result;
  result["kernel_shape"] = list_of(size, size, 1, "the window");
  result["strides"] = list_of(stride, size, 1, "the stride");
  switch (mode) {
    case tenon::PaddingMode::kSAME_UPPER:
      result["auto_pad"] = std::string("SAME_UPPER");
      return result;
    case tenon::PaddingMode::kSAME_LOWER:
      result["auto_pad"] = std::string("SAME_LOWER");
      return result;
    default: {
      std::vector<int64_t> pads = list_of(before, size, 0, "the padding before");
      const std::vector<int64_t> end = list_of(after, size, 0, "the padding after");
      pads.insert(pads.end(), end.begin(), end.end());
      result["pads"] = std::move(pads);
      return result;
    }
  }
}

template <typename Interface>
std::vector<TensorId> FilterLayer<Interface>::lower(Lowering& lowering) const {
  constexpr bool kTransposed = std::is_same_v<Interface, tenon::IDeconvolutionLayer>;
  const Window& frame = this->window;
  if (groups < 1) throw Error(ErrorCode::InvalidArgument, "{} groups", groups);
  const TensorId input = this->id(lowering, 0);
  const TensorType type = lowering.type(input);
  const auto channels = type.rank() > 1 ? type.dims[1].constant() : std::nullopt;
  if (!channels) throw Error(ErrorCode::InvalidModel, "the input {} has no known channels", to_string(type));

  std::vector<TensorId> operands = {input};
  if (this->has(1)) {
    operands.push_back(this->id(lowering, 1));
  } else {
    Shape dims = kTransposed ? Shape{*channels, maps / groups} : Shape{maps, *channels / groups};
    for (int i = 0; i < frame.size.nbDims; ++i) dims.push_back(frame.size.d[i]);
    operands.push_back(lowering.constant(kernel, dims, "the kernel"));
  }
  if (this->has(2))
    operands.push_back(this->id(lowering, 2));
  else if (bias.count > 0)
    operands.push_back(lowering.constant(bias, Shape{maps}, "the bias"));

  Attributes attributes = frame.attributes();
  attributes["group"] = groups;
  attributes["dilations"] = list_of(frame.dilation, frame.size, 1, "the dilation");
  // A transposed convolution divides nothing that could be rounded.
  if (!kTransposed && frame.mode == tenon::PaddingMode::kEXPLICIT_ROUND_UP) round_up(type, attributes);
  return {lowering.add(kTransposed ? "ConvTranspose" : "Conv", std::move(operands), std::move(attributes))};
}

template class FilterLayer<tenon::IConvolutionLayer>;
template class FilterLayer<tenon::IDeconvolutionLayer>;

std::vector<TensorId> PoolingLayer::lower(Lowering& lowering) const {
  Attributes attributes = window.attributes();
  attributes["ceil_mode"] = int64_t{window.mode == tenon::PaddingMode::kEXPLICIT_ROUND_UP};
  const TensorId input = id(lowering, 0);
  const auto largest = [&] { return lowering.add("MaxPool", {input}, attributes); };
  const auto average = [&] {
    Attributes more = attributes;
    more["count_include_pad"] = int64_t{!excludes_padding};
    return lowering.add("AveragePool", {input}, std::move(more));
  };
  if (pooling == tenon::PoolingType::kMAX) return {largest()};
  if (pooling == tenon::PoolingType::kAVERAGE) return {average()};
  const TensorId a = lowering.add("Mul", {largest(), lowering.scalar(1.0 - blend, input)});
  const TensorId b = lowering.add("Mul", {average(), lowering.scalar(blend, input)});
  return {lowering.add("Add", {a, b})};
}

}  // namespace tn::api
