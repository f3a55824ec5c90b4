// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "device/device.h"
#include "engine/engine_file.h"
#include "exec/step_runner.h"

namespace tn {

/// An engine on a device with memory of its own: its weights there, shared by its contexts. Thread-safe.
class DeviceEngine {
 public:
  /// Copies the weights. `finder` resolves kernels of the device. Throws Error(OutOfMemory, InvalidEngine).
  DeviceEngine(const EngineFile& engine, Device& device, KernelFinder finder);

  Device& device() const { return device_; }
  KernelFinder find() const { return find_; }
  /// The weights section, on the device.
  std::span<const std::byte> weights() const { return {weights_->data(), weights_->size()}; }

 private:
  Device& device_;
  KernelFinder find_;
  std::unique_ptr<DeviceBuffer> weights_;
};

}  // namespace tn
