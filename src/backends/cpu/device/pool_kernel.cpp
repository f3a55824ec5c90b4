// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/device/kernels.h"
#include "backends/cpu/device/row_steps.h"
#include "backends/cpu/kernels/pool/pool.h"

namespace tn::cpu {
namespace {

PoolWindow window_of(const PoolStep& step) {
  const size_t spatial = step.kernel.size();
  const bool fits = spatial >= 1 && spatial <= 3 && step.stride.size() == spatial && step.dilation.size() == spatial &&
                    step.pads.size() == 2 * spatial;
  if (!fits) throw Error(ErrorCode::InvalidEngine, "a pool with a window of the wrong rank");
  PoolWindow window;
  for (size_t i = 0; i < spatial; ++i) {
    if (step.kernel[i] < 1 || step.stride[i] < 1 || step.dilation[i] < 1 || step.pads[i] < 0 ||
        step.pads[spatial + i] < 0) {
      throw Error(ErrorCode::InvalidEngine, "a pool with an impossible window");
    }
    window.pad_before.push_back(step.pads[i]);
    window.pad_after.push_back(step.pads[spatial + i]);
  }
  window.kernel = Shape(std::span<const int64_t>(step.kernel));
  window.stride = Shape(std::span<const int64_t>(step.stride));
  window.dilation = Shape(std::span<const int64_t>(step.dilation));
  window.count_include_pad = step.count_include_pad;
  return window;
}

class PoolKernel final : public Kernel {
 public:
  PoolKernel(const PoolStep& step, DataType type)
      : pool_(type, step.average ? Pool::Kind::Average : Pool::Kind::Max, window_of(step)) {}
  Status bind(std::span<const TensorView> inputs, std::span<const TensorView> outputs) noexcept override {
    if (inputs[0].dims[0] != outputs[0].dims[0] || inputs[0].dims[1] != outputs[0].dims[1]) {
      return Status::failure(ErrorCode::Internal, "a pool between different batches or channels");
    }
    pool_.bind(inputs[0].dims, inputs[0].strides, outputs[0].dims, outputs[0].strides);
    return {};
  }
  Status run(const KernelArguments& arguments) noexcept override {
    pool_.run(arguments.lane, arguments.inputs[0].data, arguments.outputs[0].data);
    return {};
  }

 private:
  Pool pool_;
};

}  // namespace

KernelPtr create_pool(const KernelSpec& spec) {
  const auto step = decode_fields<PoolStep>(spec.parameters);
  require_operands(spec, 1, 1);
  const auto rank = static_cast<int>(step.kernel.size()) + 2;
  if (spec.inputs[0].rank() != rank || spec.outputs[0].rank() != rank || spec.inputs[0].type != spec.outputs[0].type) {
    throw Error(ErrorCode::InvalidEngine, "a pool with operands of another rank or type");
  }
  return std::make_unique<PoolKernel>(step, spec.inputs[0].type);
}

}  // namespace tn::cpu
