// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/device/conv_kernel.h"

#include "backends/cpu/device/kernels.h"

namespace tn::cpu {

Extent spatial_extent(const Shape& dims) {
  Extent extent{1, 1, 1};
  for (int i = 2; i < dims.rank(); ++i) extent[static_cast<size_t>(3 - (dims.rank() - i))] = dims[i];
  return extent;
}

ImageStrides image_strides(const TensorView& view) {
  // The stride of an axis of extent 1 is never used; kernels take it for dense.
  ImageStrides strides = ImageStrides::dense(spatial_extent(view.dims), view.dims[1]);
  if (view.dims[0] != 1) strides.batch = view.strides[0];
  for (int i = 2; i < view.rank(); ++i) {
    if (view.dims[i] != 1) strides.axis[static_cast<size_t>(3 - (view.rank() - i))] = view.strides[i];
  }
  return strides;
}

ConvShape conv_shape(const TensorView& input, const TensorView& output) {
  return {input.dims[0], spatial_extent(input.dims), image_strides(input), image_strides(output)};
}

namespace {

constexpr int64_t kWidest = 1 << 16;                 // of a window
constexpr int64_t kMostTaps = 1 << 20;               // of a window
constexpr int64_t kMostWeights = int64_t{1} << 40;   // elements
constexpr int64_t kMostOffsets = int64_t{1} << 29;   // entries of Conv's table
constexpr int64_t kMostElements = int64_t{1} << 48;  // transformed by Winograd

// What a kernel reserves for its largest shape.
void check_extents(const ConvParams& p, const ConvShape& max) {
  const Extent out = p.out_extent(max.in);
  const int64_t taps = p.kernel[0] * p.kernel[1] * p.kernel[2];
  require(product_within({out[0], out[1], out[2], taps}, kMostOffsets), "too large an image");
  require(product_within({max.batch, out[0], out[1], out[2], p.in_channels + p.out_channels}, kMostElements),
          "too large an image");
}

template <typename Algorithm>
KernelPtr create(const KernelSpec& spec) {
  const auto step = decode_fields<ConvStep>(spec.parameters);
  check_params(step.params);
  require_isa(step.params.isa);
  require_float(step.params.type, "image");
  require(Algorithm::supports(step), "parameters that its kernels do not have");
  require_operands(spec, kProductInputs, 1, {kBiasInput, kResidualInput});
  check_operands(step.params, Algorithm::packed_bytes(step), spec);
  return std::make_unique<ConvKernel<Algorithm, ConvStep, EpilogueOperands>>(step, spec);
}

}  // namespace

void check_params(const ConvParams& p) {
  require(p.in_channels > 0 && p.out_channels > 0 && p.groups > 0, "channels or groups that are not positive");
  require(p.in_channels % p.groups == 0 && p.out_channels % p.groups == 0, "channels that the groups do not divide");
  const auto within = [](int64_t value, int64_t least) { return value >= least && value <= kWidest; };
  for (size_t i = 0; i < 3; ++i) {
    require(within(p.kernel[i], 1) && within(p.stride[i], 1) && within(p.dilation[i], 1) &&
                within(p.pad_before[i], 0) && within(p.pad_after[i], 0),
            "an impossible window");
  }
  require(product_within({p.kernel[0], p.kernel[1], p.kernel[2]}, kMostTaps), "a window of too many taps");
  const int64_t taps = p.kernel[0] * p.kernel[1] * p.kernel[2];
  require(product_within({p.in_channels, p.out_channels, taps}, kMostWeights), "too many weights");
}

void check_operands(const ConvParams& p, size_t packed_bytes, const KernelSpec& spec) {
  const TensorView &x = spec.inputs[kDataInput], &y = spec.outputs[0];
  require_rank(x, 3, 5, "image");
  require_rank(y, x.rank(), x.rank(), "result");
  require_type(x, p.type, "image");
  require_type(y, p.out_type, "result");
  require_packed(spec.inputs[kWeightInput], packed_bytes);
  check_extents(p, conv_shape(x, y));
}

uint32_t conv_features(std::span<const std::byte> parameters) {
  return features_of(decode_fields<ConvStep>(parameters).params.isa);
}

KernelPtr create_conv(const KernelSpec& spec) {
  return create<DirectConv>(spec);
}
KernelPtr create_depthwise(const KernelSpec& spec) {
  return create<DepthwiseConv>(spec);
}
KernelPtr create_depthwise_f16(const KernelSpec& spec) {
  return create<F16DepthwiseConv>(spec);
}
KernelPtr create_winograd(const KernelSpec& spec) {
  return create<WinogradConv>(spec);
}

}  // namespace tn::cpu
