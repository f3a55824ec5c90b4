// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "device/device.h"
#include "engine/engine_file.h"

namespace tn {

/// The part of an engine's weights that its device reads, in the device's memory. What the host alone reads, such as
/// images of kernels, stays in the file.
class DeviceWeights {
 public:
  /// Throws Error(OutOfMemory).
  DeviceWeights(const EngineFile& engine, Device& device);
  /// Where that byte of the weights section lies; null if no tensor of the device begins there or has it.
  const std::byte* place(uint64_t position) const noexcept;
  std::span<const std::byte> bytes() const { return {memory_->data(), memory_->size()}; }

 private:
  /// Bytes [begin, end) of the section lie at `at`.
  struct Block {
    uint64_t begin = 0, end = 0, at = 0;
  };
  static std::vector<Block> blocks_of(const plan::PlanT& plan);

  std::vector<Block> blocks_;
  std::unique_ptr<DeviceBuffer> memory_;
};

}  // namespace tn
