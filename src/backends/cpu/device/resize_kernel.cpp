// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "backends/cpu/device/kernels.h"
#include "backends/cpu/device/row_steps.h"
#include "backends/cpu/kernels/pool/resize.h"

namespace tn::cpu {
namespace {

ResizeRule rule_of(const ResizeStep& step) {
  const bool known = step.mode >= 0 && step.mode <= static_cast<int64_t>(ResizeMode::Cubic) && step.coordinates >= 0 &&
                     step.coordinates <= static_cast<int64_t>(ResizeCoordinates::Asymmetric) && step.rounding >= 0 &&
                     step.rounding <= static_cast<int64_t>(ResizeRounding::Ceil);
  require(known, "a resize of an unknown kind");
  return {static_cast<ResizeMode>(step.mode), static_cast<ResizeCoordinates>(step.coordinates),
          static_cast<ResizeRounding>(step.rounding), static_cast<float>(step.cubic_a), step.exclude_outside};
}

Shape spatial_of(const Shape& dims) {
  Shape spatial;
  for (int i = 2; i < dims.rank(); ++i) spatial.push_back(dims[i]);
  return spatial;
}

class ResizeKernel final : public Kernel {
 public:
  ResizeKernel(const ResizeStep& step, const KernelSpec& spec)
      : resize_(spec.inputs[0].type, rule_of(step), spatial_of(spec.outputs[0].dims)),
        scales_(static_cast<size_t>(spec.inputs[0].rank() - 2)),
        fixed_(!step.scales.empty()) {
    for (size_t i = 0; i < step.scales.size(); ++i) scales_[i] = static_cast<float>(step.scales[i]);
  }
  Status bind(std::span<const TensorView> inputs, std::span<const TensorView> outputs) noexcept override {
    const Shape &in = inputs[0].dims, &out = outputs[0].dims;
    if (in[0] != out[0] || in[1] != out[1]) return misfit("a resize of batch or channels");
    if (in.elements() == 0 && out.elements() > 0) return misfit("a resize of nothing");
    for (size_t i = 0; i < scales_.size() && !fixed_; ++i) {
      const int axis = static_cast<int>(i) + 2;
      scales_[i] = in[axis] == 0 ? 1.0f : static_cast<float>(out[axis]) / static_cast<float>(in[axis]);
    }
    // Positions stay integers; where there is a result, no scale is 0.
    constexpr float kMost = 1 << 30;
    const auto sound = [](float scale) { return scale > 1 / kMost && scale < kMost; };
    if (out.elements() > 0 && !std::all_of(scales_.begin(), scales_.end(), sound)) return misfit("an endless scale");
    resize_.bind(in, inputs[0].strides, out, outputs[0].strides, scales_);
    return {};
  }
  Status run(const KernelArguments& arguments) noexcept override {
    resize_.run(arguments.lane, arguments.inputs[0].data, arguments.outputs[0].data);
    return {};
  }

 private:
  Resize resize_;
  std::vector<float> scales_;
  bool fixed_;
};

}  // namespace

KernelPtr create_resize(const KernelSpec& spec) {
  const auto step = decode_fields<ResizeStep>(spec.parameters);
  require_operands(spec, 1, 1);
  const int rank = spec.inputs[0].rank();
  require_rank(spec.inputs[0], 3, 5, "image");
  require_rank(spec.outputs[0], rank, rank, "result");
  require_type(spec.outputs[0], spec.inputs[0].type, "result");
  for (const int64_t extent : spatial_of(spec.outputs[0].dims))
    require(extent <= 1 << 24, "a result of {}", to_string(spec.outputs[0].dims));  // each has an entry in a table
  require(step.scales.empty() || step.scales.size() == static_cast<size_t>(rank - 2), "{} scales", step.scales.size());
  return std::make_unique<ResizeKernel>(step, spec);
}

}  // namespace tn::cpu
