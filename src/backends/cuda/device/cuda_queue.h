// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cuda/device/device_context.h"
#include "device/device.h"

namespace tn::cuda {

/// Addresses of parameters, as the driver wants them.
class ArgumentAddresses {
 public:
  static constexpr size_t kMost = 128;
  explicit ArgumentAddresses(std::span<const uint64_t> arguments) noexcept {
    for (size_t i = 0; i < arguments.size() && i < kMost; ++i) addresses_[i] = const_cast<uint64_t*>(&arguments[i]);
  }
  void** data() noexcept { return addresses_.data(); }

 private:
  std::array<void*, kMost> addresses_;
};

class CudaQueue final : public Queue {
 public:
  explicit CudaQueue(DeviceContext& context);
  /// Over a stream of somebody else's.
  CudaQueue(DeviceContext& context, driver::Stream stream);
  ~CudaQueue() override;
  Status launch(const Launch& launch) noexcept override;
  Status call(const LibraryCall& call, std::span<const uint64_t> arguments) noexcept override;
  Status copy(void* to, const void* from, size_t bytes) noexcept override;
  Status wait(const Event& event) noexcept override;
  Status call_host(void (*function)(void*), void* argument) noexcept override;
  Status synchronize() noexcept override;
  void set_spin(bool spin) noexcept override;
  bool idle() noexcept override;
  driver::Stream stream() const { return stream_; }

 private:
  enum class Waiting : uint8_t { AsTheDriverDecides, Spinning, Sleeping };

  DeviceContext& context_;
  driver::Stream stream_ = nullptr;
  bool after_library_ = false;   ///< a kernel of a library may let the next one start early; ours do not count on it
  driver::Event end_ = nullptr;  ///< what a sleeping synchronize() waits for
  Waiting waiting_ = Waiting::AsTheDriverDecides;
  const bool owns_ = true;
};

class CudaEvent final : public Event {
 public:
  CudaEvent(DeviceContext& context, bool spins);
  ~CudaEvent() override;
  Status record(Queue& queue) noexcept override;
  Status wait() noexcept override;
  Status since(const Event& start, double& milliseconds) noexcept override;
  driver::Event event() const { return event_; }

 private:
  DeviceContext& context_;
  driver::Event event_ = nullptr;
};

}  // namespace tn::cuda
