// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "exec/device_weights.h"
#include "exec/step_runner.h"

namespace tn {

/// An engine on a device with memory of its own: its weights there, shared by its contexts. Thread-safe.
class DeviceEngine {
 public:
  /// Copies the weights. `finder` resolves kernels of the device. Throws Error(OutOfMemory, InvalidEngine).
  DeviceEngine(const EngineFile& engine, Device& device, KernelFinder finder)
      : device_(device), find_(finder), weights_(engine, device) {}

  Device& device() const { return device_; }
  KernelFinder find() const { return find_; }
  const DeviceWeights& weights() const { return weights_; }

 private:
  Device& device_;
  KernelFinder find_;
  DeviceWeights weights_;
};

}  // namespace tn
