// SPDX-License-Identifier: Apache-2.0
// cuda.cudnn: see conv_step.h.
#include <algorithm>

#include "backends/cuda/device/libraries/cudnn_conv.h"
#include "backends/cuda/device/libraries/library_kernel.h"
#include "backends/cuda/device/libraries/library_needs.h"
#include "base/fields.h"

namespace tn::cuda {
namespace {

constexpr int64_t kMost = INT32_MAX, kMostElements = int64_t{1} << 40;
constexpr size_t kMostKnobs = 64;

bool within(const std::vector<int64_t>& values, int64_t least, int64_t most) {
  return std::ranges::all_of(values, [&](int64_t value) { return value >= least && value <= most; });
}

void check_step(const ConvStep& step) {
  require_float(step.type, "a convolution");
  require_float(step.result, "a convolution");
  const size_t rank = step.x.size();
  require((rank == 4 || rank == 5) && step.w.size() == rank && step.y.size() == rank,
          "a convolution of {}, {} and {} axes", rank, step.w.size(), step.y.size());
  for (const auto* list : {&step.pads_before, &step.pads_after, &step.strides, &step.dilations})
    require(list->size() == rank - 2 && within(*list, 0, kMost), "a convolution with a window that is none");
  for (const auto* list : {&step.x, &step.w, &step.y})
    require(within(*list, 1, kMost), "a convolution with extents that are none");
  require(step.w[0] == step.y[1] && step.x[0] == step.y[0], "a convolution whose filters do not make its result");
  require(step.knob_types.size() == step.knob_values.size() && step.knob_types.size() <= kMostKnobs,
          "a convolution with {} and {} knobs", step.knob_types.size(), step.knob_values.size());
}

// The operand is of this type, on the device, and lies as the step says.
void check_operand(const TensorView& view, DataType type, const std::vector<int64_t>& dims,
                   const std::vector<int64_t>& strides, const char* name) {
  require(view.type == type, "{} of a convolution is of type {}, not {}", name, name_of(view.type), name_of(type));
  require(std::ranges::equal(view.dims, dims) && std::ranges::equal(view.strides, strides),
          "{} of a convolution has other extents or strides than its step", name);
}

void check_operands(const KernelSpec& spec, const ConvStep& step) {
  require(spec.device != nullptr, "a convolution of cuDNN runs on a device");
  const size_t inputs = 2 + (step.has_bias ? 1 : 0) + (step.has_residual ? 1 : 0);
  require(spec.inputs.size() == inputs && spec.outputs.size() == 1 && spec.has_output(0) && !spec.outputs_on_host[0],
          "a convolution has {} inputs and {} outputs", spec.inputs.size(), spec.outputs.size());
  for (size_t i = 0; i < inputs; ++i)
    require(spec.has_input(i) && !spec.inputs_on_host[i], "input {} of a convolution does not lie on the device", i);
  check_operand(spec.inputs[0], step.type, step.x, step.x_strides, "x");
  const TensorView& w = spec.inputs[1];
  int64_t elements = 1;
  for (const int64_t extent : step.w) {
    require(elements <= kMostElements / extent, "a convolution with filters of too many elements");
    elements *= extent;
  }
  require(w.type == DataType::U8 && w.elements() >= elements * static_cast<int64_t>(size_of(step.type)),
          "w of a convolution ends before its filters");
  if (step.has_bias)
    require(spec.inputs[2].type == DataType::F32 && spec.inputs[2].elements() == step.y[1] && spec.inputs[2].is_dense(),
            "the bias of a convolution is not one f32 per channel");
  if (step.has_residual)
    check_operand(spec.inputs[inputs - 1], step.result, step.y, step.residual_strides, "the residual");
  check_operand(spec.outputs[0], step.result, step.y, step.y_strides, "y");
}

}  // namespace

KernelPtr create_cudnn(const KernelSpec& spec) {
  const auto step = decode_fields<ConvStep>(spec.parameters);
  check_step(step);
  check_operands(spec, step);
  return make_library_kernel(kCudnnKernel, spec, library_text(Cudnn::kName, step.library), [&]() -> SizedCall {
    auto call = std::make_unique<CudnnCall>(step, *spec.device);
    const size_t workspace = call->workspace_bytes();
    return {std::move(call), workspace};
  });
}

std::string library_of_cudnn(std::span<const std::byte> parameters) {
  return library_text(Cudnn::kName, decode_fields<ConvStep>(parameters).library);
}

}  // namespace tn::cuda
