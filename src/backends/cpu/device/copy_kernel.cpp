// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/device/kernels.h"
#include "backends/cpu/kernels/copy/strided_copy.h"

namespace tn::cpu {
namespace {

class CopyKernel final : public Kernel {
 public:
  CopyKernel(DataType from, DataType to) : copy_(from, to) {}
  Status bind(std::span<const TensorView> inputs, std::span<const TensorView> outputs) noexcept override {
    if (!(inputs[0].dims == outputs[0].dims)) return misfit("a copy between different shapes");
    copy_.bind(inputs[0].dims, inputs[0].strides, outputs[0].strides);
    return {};
  }
  Status run(const KernelArguments& arguments) noexcept override {
    copy_.run(arguments.lane, arguments.inputs[0].data, arguments.outputs[0].data);
    return {};
  }

 private:
  StridedCopy copy_;
};

}  // namespace

KernelPtr create_copy(const KernelSpec& spec) {
  require_operands(spec, 1, 1);
  return std::make_unique<CopyKernel>(spec.inputs[0].type, spec.outputs[0].type);
}

}  // namespace tn::cpu
