// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "device/kernel.h"
#include "engine/plan.h"
#include "exec/device_weights.h"

namespace tn {

/// Finds a kernel of the runtime by name; null if there is none.
using KernelFinder = const KernelEntry* (*)(std::string_view name);

/// Where a context's tensors lie: in the memory where steps run, and in that of the host, which for a processor is the
/// same.
struct Memories {
  const DeviceWeights* device_weights = nullptr;  ///< null for a processor
  std::byte* arena = nullptr;
  const std::byte* host_weights = nullptr;
  std::byte* host_arena = nullptr;
};

/// Shapes and places of a profile's tensors in one context.
class TensorTable {
 public:
  /// Views get the largest shapes; constants get their data. The arenas may be others at the next update().
  TensorTable(const plan::ProfileT& profile, const Memories& memories);
  /// Takes dims, strides and data pointers from the shape program's results and the bound addresses.
  void update(std::span<const int64_t> results, std::span<void* const> addresses) noexcept;
  /// Distance from one image of a sliced tensor to the next; its view is the first.
  int64_t image_bytes(int tensor) const { return image_bytes_[static_cast<size_t>(tensor)]; }
  const TensorView& view(int tensor) const { return views_[static_cast<size_t>(tensor)]; }
  /// Of a plan for a device with memory of its own.
  bool on_host(int tensor) const;

 private:
  void place(size_t tensor, std::span<const int64_t> results) noexcept;
  const plan::ProfileT& profile_;
  const Memories& memories_;
  std::vector<TensorView> views_;
  std::vector<int64_t> image_bytes_;
  std::vector<uint32_t> changing_;  ///< tensors that depend on shapes or addresses
};

/// A step with its kernel and operands in one context.
struct BoundStep {
  const plan::StepT* step = nullptr;
  std::unique_ptr<Kernel> kernel;  ///< null for control flow, which the context runs itself
  std::vector<TensorView> inputs, outputs;
  std::vector<int64_t> defined;

  void take_views(const TensorTable& tensors) noexcept;
};

/// The failure of a step, with its name and tactic before the message.
Status failure(const plan::StepT& step, const Status& status) noexcept;

/// Images of a batch that are left for the whole lane after each thread has taken as many as the others. More than half
/// a round is not left: threads that take them by themselves are faster.
constexpr int64_t images_left_over(int64_t count, int threads) {
  const int64_t left = count % threads;
  return 2 * left <= threads ? left : 0;
}

/// Creates the kernel of a step from the largest shapes. Throws Error(InvalidEngine) naming the step.
BoundStep bind_step(const plan::StepT& step, const TensorTable& tensors, KernelFinder find, int threads,
                    Device* device = nullptr);

}  // namespace tn
