// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cuda/device/devices.h"
#include "backends/cuda/tactics/compiler.h"
#include "cuda/emulator/emulated_device.h"
#include "cuda/emulator/host_compiler.h"
#include "support/poisoned_device.h"

namespace tn::test {

/// The first GPU; where there is none, the host plays it.
struct Machine {
  Device& device;
  TextCompiler& compiler;
  bool is_played;
};

inline const Machine& machine() {
  static const Machine the = []() -> Machine {
    if (cuda::device_count() > 0) {
      static PoisonedDevice device(cuda::open_device(0));
      static cuda::NvrtcCompiler compiler(device.architecture());
      return {device, compiler, false};
    }
    static EmulatedDevice emulated;
    static PoisonedDevice device(emulated);
    static HostCompiler compiler(device.architecture());
    return {device, compiler, true};
  }();
  return the;
}

}  // namespace tn::test
