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
  require(fits, "a window of {} axes with {} strides, {} dilations and {} pads", spatial, step.stride.size(),
          step.dilation.size(), step.pads.size());
  constexpr int64_t kWidest = 1 << 16;
  const auto within = [](int64_t value, int64_t least) { return value >= least && value <= kWidest; };
  PoolWindow window;
  int64_t taps = 1;
  for (size_t i = 0; i < spatial; ++i) {
    require(within(step.kernel[i], 1) && within(step.stride[i], 1) && within(step.dilation[i], 1) &&
                within(step.pads[i], 0) && within(step.pads[spatial + i], 0),
            "an impossible window");
    require(product_within({taps, step.kernel[i]}, 1 << 20), "a window of too many taps");
    taps *= step.kernel[i];
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
    if (inputs[0].dims[0] != outputs[0].dims[0] || inputs[0].dims[1] != outputs[0].dims[1])
      return misfit("a pool between different batches or channels");
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
  require_rank(spec.inputs[0], rank, rank, "image");
  require_rank(spec.outputs[0], rank, rank, "result");
  require_type(spec.outputs[0], spec.inputs[0].type, "result");
  return std::make_unique<PoolKernel>(step, spec.inputs[0].type);
}

}  // namespace tn::cpu
