// SPDX-License-Identifier: Apache-2.0
// What the executor knows of a kernel of any device.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/lane.h"
#include "base/status.h"
#include "base/tensor_view.h"
#include "device/device.h"

namespace tn {

/// Operands of one call. Views carry data pointers; an absent optional input has none.
struct KernelArguments {
  std::span<const TensorView> inputs;
  std::span<const TensorView> outputs;
  std::span<std::byte> workspace;  ///< 64-byte aligned, as large as workspace_bytes() said
  Lane& lane;
  /// Values of the symbols the step defines, to be set by the kernel.
  std::span<int64_t> defined;
  Queue* queue = nullptr;  ///< of a device with memory of its own: what takes the work
};

/// One step's kernel inside one execution context. Created with its largest shapes; after that nothing allocates.
class Kernel {
 public:
  virtual ~Kernel() = default;
  /// Takes new shapes and strides, never beyond those it was created with. Data pointers are not set.
  virtual Status bind(std::span<const TensorView> inputs, std::span<const TensorView> outputs) noexcept = 0;
  virtual Status run(const KernelArguments& arguments) noexcept = 0;
};

/// What a kernel is created from. Views have the profile's largest shapes and no data, except for constants, whose data
/// are set.
struct KernelSpec {
  std::span<const std::byte> parameters;
  std::span<const TensorView> inputs;
  std::span<const TensorView> outputs;
  /// The operands' tensors in the plan; an operand is absent where it is negative.
  std::span<const int32_t> input_tensors, output_tensors;
  int threads = 1;
  size_t workspace = 0;      ///< bytes that the plan reserves
  Device* device = nullptr;  ///< with memory of its own; null where the step runs on the processor
  /// Of such a device: which operands lie in the host's memory, where creation, bind and run may read them.
  std::vector<bool> inputs_on_host = {}, outputs_on_host = {};

  bool has_input(size_t i) const { return i < input_tensors.size() && input_tensors[i] >= 0; }
  bool has_output(size_t i) const { return i < output_tensors.size() && output_tensors[i] >= 0; }
};

/// Kernels that every runtime has: a copy on the processor between any strides and types; one between the memory of
/// the host and that of a device, without gaps, of one type.
inline constexpr std::string_view kCopyKernel = "copy", kTransferKernel = "transfer";
/// What a context runs itself, because it runs step lists.
inline constexpr std::string_view kControlKernels = "control.", kBranchKernel = "control.if",
                                  kLoopKernel = "control.loop", kBatchKernel = "control.batch";
/// It reads the shapes of its operands, wherever they lie, and not their elements.
inline constexpr std::string_view kResultExtentsKernel = "result_extents";

/// A kernel of the runtime, found by the name that a step gives.
struct KernelEntry {
  std::string_view name;
  /// Checks everything about the spec: number, types and ranks of operands, sizes of packed weights, parameters,
  /// workspace. Throws Error(InvalidEngine), so that a kernel that exists can run.
  std::unique_ptr<Kernel> (*create)(const KernelSpec& spec);
  /// Features of the processor that a step with these parameters cannot do without; null where it adapts to any.
  uint32_t (*features)(std::span<const std::byte> parameters) = nullptr;
  /// The library that a step with these parameters calls, with its version ("cuBLASLt 13.1.0"); null where it needs
  /// nothing but the device's driver.
  std::string (*library)(std::span<const std::byte> parameters) = nullptr;
};

}  // namespace tn
