// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/device/conv_kernel.h"
#include "backends/cpu/device/gemm_kernel.h"
#include "backends/cpu/device/int8_step.h"
#include "backends/cpu/device/kernels.h"

namespace tn::cpu {
namespace {

bool is_bytes(DataType type) {
  return type == DataType::U8 || type == DataType::I8;
}

}  // namespace

Int8EpilogueOperands::Int8EpilogueOperands(const Int8EpilogueStep& step, const KernelSpec& spec)
    : epilogue_(step.floats.epilogue()),
      has_residual_(spec.has_input(kResidualInput)),
      has_table_(spec.has_input(kTableInput)) {
  const TensorView& result = spec.outputs[0];
  require_type(spec.inputs[kChannelInput], DataType::U8, "channels");
  if (is_bytes(result.type)) {
    // A table may lead from bytes of one sign to bytes of the other.
    for (const int64_t value :
         {step.zero_point, step.low, step.high, step.again_zero_point, step.again_low, step.again_high})
      require(value >= -128 && value <= 255, "a zero point or bound of {}", value);
    require((step.low >= 0 || step.high <= 127) && (step.again_low >= 0 || step.again_high <= 127),
            "bounds that are those of no byte");
    if (has_table_) require_packed(spec.inputs[kTableInput], 256);
  } else {
    require_float(result.type, "result");
    require(!has_table_, "a table for a result that is not bytes");
  }
  requantization_.zero_point = static_cast<int32_t>(step.zero_point);
  requantization_.look_up = best_look_up();
  requantization_.low = static_cast<int32_t>(step.low);
  requantization_.high = static_cast<int32_t>(step.high);
  requantization_.residual_scale = static_cast<float>(step.residual_scale);
  requantization_.inverse = static_cast<float>(step.inverse);
  requantization_.again = {step.again,
                           static_cast<float>(step.again_scale),
                           static_cast<float>(step.again_offset),
                           static_cast<int32_t>(step.again_zero_point),
                           static_cast<int32_t>(step.again_low),
                           static_cast<int32_t>(step.again_high)};
  if (!has_residual_) return;
  const TensorView& residual = spec.inputs[kResidualInput];
  require_rank(residual, result.rank(), result.rank(), "residual");
  if (is_bytes(result.type)) {
    require(is_bytes(residual.type), "a residual of {} for bytes", name_of(residual.type));
  } else {
    require_float(residual.type, "residual");
  }
  epilogue_.residual_type = residual.type;
}

Status Int8EpilogueOperands::bind(std::span<const TensorView> inputs, const TensorView& result,
                                  int64_t channels) noexcept {
  if (!is_vector(inputs[kChannelInput], channels * kChannelBytes))
    return misfit("scales of another number of channels");
  if (has_residual_ && !(inputs[kResidualInput].dims == result.dims))
    return misfit("a residual of another shape than the result");
  channels_ = channels;
  return {};
}

const Epilogue& Int8EpilogueOperands::of(const KernelArguments& arguments) noexcept {
  const auto* channels = static_cast<const char*>(arguments.inputs[kChannelInput].data);
  requantization_.correction = reinterpret_cast<const int32_t*>(channels);
  requantization_.scale = reinterpret_cast<const float*>(channels + channels_ * 4);
  requantization_.offset = reinterpret_cast<const float*>(channels + channels_ * 8);
  requantization_.table = has_table_ ? static_cast<const uint8_t*>(arguments.inputs[kTableInput].data) : nullptr;
  epilogue_.residual = has_residual_ ? arguments.inputs[kResidualInput].data : nullptr;
  epilogue_.requantization = &requantization_;
  return epilogue_;
}

uint32_t int8_conv_features(std::span<const std::byte> parameters) {
  return features_of(decode_fields<Int8ConvStep>(parameters).params.isa);
}
uint32_t int8_gemm_features(std::span<const std::byte> parameters) {
  return features_of(decode_fields<Int8GemmStep>(parameters).params.isa);
}

namespace {

template <typename Algorithm>
KernelPtr create(const KernelSpec& spec, std::span<const Isa> isas) {
  const auto step = decode_fields<Int8ConvStep>(spec.parameters);
  const ConvParams& p = step.params;
  check_params(p);
  require_isa(p.isa, isas);
  require(is_bytes(p.type), "an image of {}", name_of(p.type));
  require(p.zero_point >= -128 && p.zero_point <= 255, "padding of {}", p.zero_point);
  require(p.in_channels / p.groups * p.kernel[0] * p.kernel[1] * p.kernel[2] <= kMostInt8Products,
          "sums that may overflow");
  require(Algorithm::supports(step), "parameters that its kernels do not have");
  require_operands(spec, kInt8Inputs, 1, {kResidualInput, kTableInput});
  check_operands(p, Algorithm::packed_bytes(step), spec);
  return std::make_unique<ConvKernel<Algorithm, Int8ConvStep, Int8EpilogueOperands>>(step, spec);
}

}  // namespace

KernelPtr create_conv_int8(const KernelSpec& spec) {
  return create<Int8DirectConv>(spec, available_int8_isas());
}
KernelPtr create_depthwise_int8(const KernelSpec& spec) {
  const bool vnni = VnniDepthwiseConv::supports(decode_fields<Int8ConvStep>(spec.parameters));
  return vnni ? create<VnniDepthwiseConv>(spec, available_int8_isas())
              : create<Int8DepthwiseConv>(spec, available_isas());
}

KernelPtr create_gemm_int8(const KernelSpec& spec) {
  const auto step = decode_fields<Int8GemmStep>(spec.parameters);
  require_isa(step.params.isa, available_int8_isas());
  require(is_bytes(step.params.type), "a factor of {}", name_of(step.params.type));
  require(step.params.k <= kMostInt8Products, "sums that may overflow");
  require_operands(spec, kInt8Inputs, 1, {kResidualInput, kTableInput});
  check_gemm(step.params, spec);
  return std::make_unique<GemmKernel<Int8EpilogueOperands>>(step.params, step.epilogue, spec);
}

}  // namespace tn::cpu
