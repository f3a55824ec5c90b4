// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "backends/cuda/device/null_device.h"
#include "cuda/emulator/block.h"
#include "cuda/emulator/device_memory.h"

namespace tn::test {

/// A CUDA device played by the host: runs kernels that a HostCompiler compiled, thread by thread. What it does is what
/// the texts say, PTX included; it knows nothing of time. From sm_90 a kernel that overlaps is begun as early as those
/// before it allow, and before they have done anything, so that one that does not wait for its inputs has none. The
/// host faults where it touches the device's memory.
class EmulatedDevice final : public cuda::NullDevice {
 public:
  explicit EmulatedDevice(const std::string& architecture = "sm_90")
      : NullDevice(architecture), overlaps_(std::stoi(architecture.substr(3)) >= 90) {}

  std::string name() const override { return "emulated device"; }
  using Device::allocate;
  std::unique_ptr<DeviceBuffer> allocate(MemoryKind kind, size_t bytes, const MemoryPurpose& purpose) override;
  std::shared_ptr<void> load(std::span<const std::byte> image, const std::string& entry,
                             uint32_t shared_bytes) override;
  /// Of all kernels that have ended.
  const SharedReads& reads() const { return reads_; }

 protected:
  Status launch(const Launch& launch) noexcept override;
  void copy(void* to, const void* from, size_t bytes) noexcept override;
  Status finish() noexcept override;

 private:
  struct Function {
    std::string entry;
    const tn_emulator::Kernel* kernel;
  };
  struct Running {
    const Function* function;
    bool overlaps;
    Emulator emulator;
  };
  bool may_begin(const Function& function) const;
  static void run(Running& running, void (Emulator::*part)());
  void finish_first();

  DeviceMemory memory_;
  const bool overlaps_;  ///< kernels that may, with those ahead of them
  std::mutex mutex_;
  std::map<std::string, Function> functions_;  ///< by path
  std::deque<std::unique_ptr<Running>> running_;
  std::vector<std::unique_ptr<Running>> idle_;
  SharedReads reads_;
};

}  // namespace tn::test
