// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/device/conv_step.h"
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

void require(bool condition, const char* what) {
  if (!condition) throw Error(ErrorCode::InvalidEngine, "a convolution with {}", what);
}

void check_params(const ConvParams& p) {
  constexpr int64_t kMost = int64_t{1} << 24;  // keeps every product of these in range
  require(p.in_channels <= kMost && p.out_channels <= kMost, "too many channels");
  require(p.in_channels > 0 && p.out_channels > 0 && p.groups > 0, "channels or groups that are not positive");
  require(p.in_channels % p.groups == 0 && p.out_channels % p.groups == 0, "channels that the groups do not divide");
  for (size_t i = 0; i < 3; ++i) {
    require(p.kernel[i] > 0 && p.stride[i] > 0 && p.dilation[i] > 0, "a window that is not positive");
    require(p.pad_before[i] >= 0 && p.pad_after[i] >= 0, "negative padding");
    constexpr int64_t kWidest = int64_t{1} << 16;
    require(p.kernel[i] <= kWidest && p.stride[i] <= kWidest && p.dilation[i] <= kWidest &&
                p.pad_before[i] <= kWidest && p.pad_after[i] <= kWidest,
            "too wide a window");
  }
}

template <typename Algorithm>
class ConvKernel final : public Kernel {
 public:
  ConvKernel(const ConvStep& step, const KernelSpec& spec)
      : params_(step.params),
        algorithm_(step, conv_shape(spec.inputs[kDataInput], spec.outputs[0])),
        epilogue_(step.epilogue.epilogue()) {
    require(spec.workspace >= algorithm_.workspace_bytes(spec.threads), "too small a workspace");
  }

  Status bind(std::span<const TensorView> inputs, std::span<const TensorView> outputs) noexcept override {
    const Shape &x = inputs[kDataInput].dims, &y = outputs[0].dims;
    if (x[0] != y[0] || params_.out_extent(spatial_extent(x)) != spatial_extent(y)) {
      return Status::failure(ErrorCode::Internal, "a convolution of another shape than its result");
    }
    if (inputs[kResidualInput].rank() > 0) {
      if (!(inputs[kResidualInput].dims == outputs[0].dims)) {
        return Status::failure(ErrorCode::InvalidArgument, "the residual has another shape than the result");
      }
      epilogue_.residual_type = inputs[kResidualInput].type;
      epilogue_.residual_strides = image_strides(inputs[kResidualInput]);
    }
    return algorithm_.bind(conv_shape(inputs[kDataInput], outputs[0]));
  }

  Status run(const KernelArguments& arguments) noexcept override {
    epilogue_.bias = arguments.inputs[kBiasInput].as<const float>();
    epilogue_.residual = arguments.inputs[kResidualInput].data;
    algorithm_.run(arguments.lane, arguments.inputs[kDataInput].data, arguments.inputs[kWeightInput].data, epilogue_,
                   arguments.outputs[0].data, arguments.workspace.data());
    return {};
  }

 private:
  ConvParams params_;
  Algorithm algorithm_;
  Epilogue epilogue_;
};

template <typename Algorithm>
KernelPtr create(const KernelSpec& spec) {
  const auto step = decode_fields<ConvStep>(spec.parameters);
  check_params(step.params);
  require_isa(step.params.isa);
  require(Algorithm::supports(step), "parameters that its kernels do not have");
  require_epilogue_operands(spec, step.params.out_channels);
  const TensorView &x = spec.inputs[kDataInput], &packed = spec.inputs[kWeightInput], &y = spec.outputs[0];
  require(x.rank() >= 3 && x.rank() <= 5 && y.rank() == x.rank(), "operands of another rank");
  require(x.type == step.params.type && y.type == step.params.out_type, "operands of other types");
  require(x.dims[1] == step.params.in_channels && y.dims[1] == step.params.out_channels,
          "other channels than its operands");
  require((x.dims[1] == 1 || x.strides[1] == 1) && (y.dims[1] == 1 || y.strides[1] == 1),
          "operands whose channels have gaps");
  require(packed.data && packed.type == DataType::U8 &&
              packed.dims == Shape{static_cast<int64_t>(Algorithm::packed_bytes(step))},
          "packed weights of the wrong size");
  return std::make_unique<ConvKernel<Algorithm>>(step, spec);
}

}  // namespace

uint32_t conv_features(std::span<const std::byte> parameters) {
  return features_of(decode_fields<ConvStep>(parameters).params.isa);
}

KernelPtr create_conv(const KernelSpec& spec) {
  return create<DirectConv>(spec);
}
KernelPtr create_depthwise(const KernelSpec& spec) {
  return create<DepthwiseConv>(spec);
}
KernelPtr create_winograd(const KernelSpec& spec) {
  return create<WinogradConv>(spec);
}

}  // namespace tn::cpu
