// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "backends/cuda/device/null_device.h"
#include "cuda/emulator/block.h"

namespace tn::test {

/// A CUDA device played by the host: runs kernels that a HostCompiler compiled, thread by thread. What it does is what
/// the texts say, PTX included; it knows nothing of time.
class EmulatedDevice final : public cuda::NullDevice {
 public:
  explicit EmulatedDevice(std::string architecture = "sm_90") : NullDevice(std::move(architecture)) {}

  std::string name() const override { return "emulated device"; }
  std::shared_ptr<void> load(std::span<const std::byte> image, const std::string& entry,
                             uint32_t shared_bytes) override;
  const SharedReads& reads() const { return emulator_.reads(); }

 protected:
  Status launch(const Launch& launch) noexcept override;

 private:
  struct Function {
    std::string entry;
    const tn_emulator::Kernel* kernel;
  };
  std::mutex mutex_;
  std::map<std::string, Function> functions_;  ///< by path
  Emulator emulator_;
};

}  // namespace tn::test
