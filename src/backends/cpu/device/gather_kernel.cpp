// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/device/kernels.h"
#include "backends/cpu/device/row_steps.h"
#include "backends/cpu/kernels/copy/gather.h"

namespace tn::cpu {
namespace {

class GatherKernel final : public Kernel {
 public:
  GatherKernel(const GatherStep& step, const KernelSpec& spec)
      : gather_(spec.inputs[0].type, spec.outputs[0].type, spec.inputs[1].type), axis_(static_cast<int>(step.axis)) {}
  Status bind(std::span<const TensorView> inputs, std::span<const TensorView> outputs) noexcept override {
    if (!(gathered(inputs[0].dims, inputs[1].dims) == outputs[0].dims)) return misfit("a gather of another shape");
    gather_.bind(inputs[0].dims, inputs[0].strides, axis_, inputs[1].dims, inputs[1].strides, outputs[0].strides);
    return {};
  }
  Status run(const KernelArguments& arguments) noexcept override {
    // Indices are checked before anything is written, so they must not change meanwhile.
    if (overlap(arguments.inputs[1], arguments.outputs[0])) return misfit("a gather over its own indices");
    return gather_.run(arguments.lane, arguments.inputs[0].data, arguments.inputs[1].data, arguments.outputs[0].data);
  }

 private:
  // The result's shape; the ranks were checked at creation.
  Shape gathered(const Shape& data, const Shape& indices) const noexcept {
    Shape result;
    for (int i = 0; i < axis_; ++i) result.push_back(data[i]);
    for (const int64_t dim : indices) result.push_back(dim);
    for (int i = axis_ + 1; i < data.rank(); ++i) result.push_back(data[i]);
    return result;
  }

  Gather gather_;
  int axis_;
};

}  // namespace

KernelPtr create_gather(const KernelSpec& spec) {
  const auto step = decode_fields<GatherStep>(spec.parameters);
  require_operands(spec, 2, 1);
  const TensorView &data = spec.inputs[0], &indices = spec.inputs[1];
  require(indices.type == DataType::I64 || indices.type == DataType::I32, "indices of {}", name_of(indices.type));
  require(step.axis >= 0 && step.axis < data.rank(), "axis {} of rank {}", step.axis, data.rank());
  require_rank(spec.outputs[0], data.rank() - 1 + indices.rank(), data.rank() - 1 + indices.rank(), "result");
  require_type(spec.outputs[0], data.type, "result");
  return std::make_unique<GatherKernel>(step, spec);
}

}  // namespace tn::cpu
