// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <mutex>
#include <utility>

#include "backends/cuda/device/device_context.h"
#include "base/hash.h"
#include "device/device.h"

namespace tn::cuda {

class CudaDevice final : public Device {
 public:
  CudaDevice(const Driver& driver, int index) : context_(driver, index) {}
  std::string name() const override { return context_.name(); }
  std::string architecture() const override;
  std::string version() const override;
  int multiprocessors() const override;
  size_t memory_bytes() const override { return context_.memory_bytes(); }
  size_t free_memory_bytes() override { return context_.memory().free; }
  using Device::allocate;
  std::unique_ptr<DeviceBuffer> allocate(MemoryKind kind, size_t bytes, const MemoryPurpose& purpose) override;
  bool enter_for_libraries() override;
  std::unique_ptr<Queue> make_queue() override;
  std::unique_ptr<Queue> adopt_queue(void* native) override;
  std::unique_ptr<LaunchGraph> make_graph() override;
  std::unique_ptr<Event> make_event(bool spins) override;
  std::shared_ptr<void> load(std::span<const std::byte> image, const std::string& entry,
                             uint32_t shared_bytes) override;

 private:
  struct Loaded;
  std::shared_ptr<Loaded> load_image(std::span<const std::byte> image, const std::string& entry);

  DeviceContext context_;
  std::mutex mutex_;
  std::map<std::pair<Hash, std::string>, std::weak_ptr<Loaded>> loaded_;
};

}  // namespace tn::cuda
