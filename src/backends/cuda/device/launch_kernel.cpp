// SPDX-License-Identifier: Apache-2.0
// cuda.launch: see launch_step.h.
#include <algorithm>

#include "backends/cuda/device/adapter.h"
#include "backends/cuda/device/kernels.h"
#include "backends/cuda/device/launch_step.h"
#include "backends/cuda/device/recording.h"
#include "base/fields.h"

namespace tn::cuda {
namespace {

constexpr int64_t kMostThreads = 1024, kMostShared = 228 * 1024, kMostCluster = 16, kMostOperands = 64;
constexpr int64_t kMostGridX = INT32_MAX, kMostGridYZ = 65535;
constexpr size_t kGrid = 3;  // values in front of the scalars

void check_step(const LaunchStep& step) {
  require(!step.entry.empty(), "a launch names no function");
  const std::array block{step.block_x, step.block_y, step.block_z};
  const bool sizes = std::all_of(block.begin(), block.end(), [](int64_t n) { return n >= 1 && n <= kMostThreads; });
  require(sizes && step.block_z <= 64 && block[0] * block[1] * block[2] <= kMostThreads,
          "'{}' has blocks of {} x {} x {} threads", step.entry, block[0], block[1], block[2]);
  require(step.shared_bytes >= 0 && step.shared_bytes <= kMostShared, "'{}' wants {} bytes of shared memory",
          step.entry, step.shared_bytes);
  require(step.cluster >= 1 && step.cluster <= kMostCluster, "'{}' has clusters of {} blocks", step.entry,
          step.cluster);
}

void check_operands(const KernelSpec& spec, const LaunchStep& step) {
  const std::string& entry = step.entry;
  require(spec.device, "'{}' runs on a device", entry);
  require(spec.inputs.size() >= kFirstOperand && spec.has_input(kImageOperand) && spec.has_input(kValuesOperand),
          "'{}' has no image or no values", entry);
  const TensorView &image = spec.inputs[kImageOperand], &values = spec.inputs[kValuesOperand];
  require(spec.inputs_on_host[kImageOperand] && image.type == DataType::U8 && image.rank() == 1 && image.data &&
              image.is_dense() && image.elements() > 0,
          "'{}' has an image that is no constant in the host's memory", entry);
  require(spec.inputs_on_host[kValuesOperand] && values.type == DataType::I64 && values.rank() == 1 &&
              values.is_dense() && values.elements() >= static_cast<int64_t>(kGrid),
          "'{}' has values that are no int64 list in the host's memory", entry);
  const size_t operands = spec.inputs.size() - kFirstOperand + spec.outputs.size();
  require(operands <= kMostOperands && !spec.outputs.empty(), "'{}' has {} operands", entry, operands);
  require(values.elements() <= static_cast<int64_t>(kGrid) + kMostOperands, "'{}' has {} values", entry,
          values.elements());
  for (size_t i = kFirstOperand; i < spec.inputs.size(); ++i)
    require(spec.has_input(i) && !spec.inputs_on_host[i], "input {} of '{}' does not lie on the device", i, entry);
  require(step.reads_early < static_cast<int64_t>(spec.inputs.size() - kFirstOperand),
          "'{}' reads operand {} of {} early", step.entry, step.reads_early, spec.inputs.size() - kFirstOperand);
  for (size_t i = 0; i < spec.outputs.size(); ++i)
    require(spec.has_output(i) && !spec.outputs_on_host[i], "output {} of '{}' does not lie on the device", i, entry);
}

class LaunchKernel final : public Kernel {
 public:
  LaunchKernel(const LaunchStep& step, const KernelSpec& spec)
      : entry_(step.entry),
        workspace_(spec.workspace),
        scalars_(scalars(spec.inputs[kValuesOperand])),
        reads_early_(step.reads_early) {
    launch_.block = {static_cast<uint32_t>(step.block_x), static_cast<uint32_t>(step.block_y),
                     static_cast<uint32_t>(step.block_z)};
    launch_.shared_bytes = static_cast<uint32_t>(step.shared_bytes);
    launch_.cluster = static_cast<uint32_t>(step.cluster);
    launch_.overlaps = step.overlaps;
    const TensorView& image = spec.inputs[kImageOperand];
    function_ = spec.device->load({image.as<const std::byte>(), image.dense_bytes()}, step.entry, launch_.shared_bytes);
    launch_.function = function_.get();
    const size_t operands = spec.inputs.size() - kFirstOperand + spec.outputs.size();
    arguments_.resize(operands + (workspace_ > 0 ? 1 : 0) + scalars_ + (reads_early_ >= 0 ? 1 : 0));
    launch_.arguments = arguments_;
    writes_.resize(spec.outputs.size() + 1);
  }

  Status bind(std::span<const TensorView> inputs, std::span<const TensorView>) noexcept override {
    if (scalars(inputs[kValuesOperand]) == scalars_) return {};
    return Status::failure(ErrorCode::InvalidArgument, "'{}' has another number of values", entry_);
  }

  Status run(const KernelArguments& arguments) noexcept override {
    const auto* values = arguments.inputs[kValuesOperand].as<const int64_t>();
    for (size_t i = 0; i < kGrid; ++i) {
      const int64_t most = i == 0 ? kMostGridX : kMostGridYZ;
      if (values[i] < 0 || values[i] > most)
        return Status::failure(ErrorCode::InvalidArgument, "'{}' would have a grid of {} x {} x {}", entry_, values[0],
                               values[1], values[2]);
      launch_.grid[i] = static_cast<uint32_t>(values[i]);
    }
    const auto operands = arguments.inputs.subspan(kFirstOperand);
    const size_t first_scalar = pass_addresses(operands, arguments, workspace_ > 0, arguments_);
    for (size_t i = 0; i < scalars_; ++i) arguments_[first_scalar + i] = static_cast<uint64_t>(values[kGrid + i]);
    auto* const recording = dynamic_cast<Recording*>(arguments.queue);
    if (!recording) return arguments.queue->launch(launch_);
    MemoryRange early;
    if (reads_early_ >= 0) early = memory_of(arguments.inputs[kFirstOperand + static_cast<size_t>(reads_early_)]);
    for (size_t i = 0; i < arguments.outputs.size(); ++i) writes_[i] = memory_of(arguments.outputs[i]);
    writes_.back() = arguments.workspace;
    return recording->launch(launch_, writes_, early);
  }

 private:
  static size_t scalars(const TensorView& values) { return static_cast<size_t>(values.elements()) - kGrid; }

  static MemoryRange memory_of(const TensorView& view) {
    return {view.as<const std::byte>(), view.bounded().bounds.bytes};
  }

  std::string entry_;
  size_t workspace_, scalars_;
  int64_t reads_early_;
  std::vector<uint64_t> arguments_;
  std::vector<MemoryRange> writes_;
  std::shared_ptr<void> function_;
  Launch launch_;
};

}  // namespace

KernelPtr create_launch(const KernelSpec& spec) {
  const auto step = decode_fields<LaunchStep>(spec.parameters);
  check_step(step);
  check_operands(spec, step);
  return std::make_unique<LaunchKernel>(step, spec);
}

}  // namespace tn::cuda
