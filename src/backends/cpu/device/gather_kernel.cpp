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
    gather_.bind(inputs[0].dims, inputs[0].strides, axis_, inputs[1].dims, inputs[1].strides, outputs[0].strides);
    return {};
  }
  Status run(const KernelArguments& arguments) noexcept override {
    return gather_.run(arguments.lane, arguments.inputs[0].data, arguments.inputs[1].data, arguments.outputs[0].data);
  }

 private:
  Gather gather_;
  int axis_;
};

}  // namespace

KernelPtr create_gather(const KernelSpec& spec) {
  const auto step = decode_fields<GatherStep>(spec.parameters);
  require_operands(spec, 2, 1);
  const TensorView &data = spec.inputs[0], &indices = spec.inputs[1];
  const bool index_type = indices.type == DataType::I64 || indices.type == DataType::I32;
  if (step.axis < 0 || step.axis >= data.rank() || !index_type || data.type != spec.outputs[0].type ||
      spec.outputs[0].rank() != data.rank() - 1 + indices.rank()) {
    throw Error(ErrorCode::InvalidEngine, "a gather with operands of another rank or type");
  }
  return std::make_unique<GatherKernel>(step, spec);
}

}  // namespace tn::cpu
