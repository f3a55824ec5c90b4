// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <string>

#include "backends/cuda/device/driver.h"
#include "backends/cuda/device/spread.h"
#include "base/status.h"

namespace tn::cuda {

/// One device's context in this process, the driver's primary one. Thread-safe.
class DeviceContext {
 public:
  /// Throws Error(InvalidArgument) if there is no such device.
  DeviceContext(const Driver& driver, int index);

  const Driver& driver() const { return driver_; }
  const std::string& name() const { return name_; }
  driver::Context context() const { return context_; }
  int attribute(driver::DeviceAttribute attribute) const;
  size_t memory_bytes() const;
  struct Memory {
    size_t free = 0, total = 0;
    std::string text() const;  ///< "12.0 of 143156.0 MiB are free"
  };
  /// Zeros where the driver does not tell.
  Memory memory() noexcept;
  /// 90 for compute capability 9.0
  int capability() const { return capability_; }
  /// Whether a kernel can start before the one ahead of it has ended.
  bool overlaps() const { return capability_ >= 90; }
  const Multiprocessors& multiprocessors() const { return multiprocessors_; }
  /// Dynamic shared memory for a launch of our kernels, see spread_blocks.
  uint32_t shared_bytes_for(const std::array<uint32_t, 3>& grid, uint32_t cluster,
                            uint32_t shared_bytes) const noexcept;
  /// "device 0 (NVIDIA H200)"
  std::string label() const;

  /// Makes it the calling thread's context. Fails once a kernel has broken it.
  Status enter() noexcept;
  /// The same, throwing.
  void enter_or_throw();
  /// Ok, or what the driver says. An error after which the context is of no use is remembered.
  Status status(driver::Result result, const char* doing) noexcept;
  void check(driver::Result result, const char* doing);

 private:
  const Driver& driver_;
  int index_;
  driver::DeviceIndex device_ = 0;
  driver::Context context_ = nullptr;
  std::string name_;
  int capability_ = 0;
  Multiprocessors multiprocessors_;
  std::atomic<driver::Result> broken_{driver::kSuccess};
};

}  // namespace tn::cuda
