// SPDX-License-Identifier: Apache-2.0
// The bytes of a tensor without gaps, between the memory of the host and that of the device.
#include "backends/cuda/device/kernels.h"
#include "base/error.h"

namespace tn::cuda {
namespace {

class Transfer final : public Kernel {
 public:
  Status bind(std::span<const TensorView> inputs, std::span<const TensorView> outputs) noexcept override {
    if (!(inputs[0].dims == outputs[0].dims) || !inputs[0].is_dense() || !outputs[0].is_dense())
      return Status::failure(ErrorCode::InvalidArgument, "a transfer between other shapes, or with gaps");
    return {};
  }
  Status run(const KernelArguments& arguments) noexcept override {
    const TensorView& from = arguments.inputs[0];
    return arguments.queue->copy(arguments.outputs[0].data, from.data, from.dense_bytes());
  }
};

}  // namespace

KernelPtr create_transfer(const KernelSpec& spec) {
  if (!spec.device || spec.inputs.size() != 1 || spec.outputs.size() != 1 || !spec.has_input(0) ||
      !spec.has_output(0) || spec.inputs[0].type != spec.outputs[0].type ||
      spec.inputs[0].rank() != spec.outputs[0].rank() || spec.inputs_on_host[0] == spec.outputs_on_host[0])
    throw Error(ErrorCode::InvalidEngine, "a transfer goes from one tensor to one of its type in the other memory");
  return std::make_unique<Transfer>();
}

}  // namespace tn::cuda
