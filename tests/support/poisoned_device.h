// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/require.h"
#include "device/device.h"

namespace tn::test {

/// A device whose memory is full of bytes 0xff when it is given out: NaN in every float type, -1 in every integer. What
/// no kernel has written shows.
class PoisonedDevice final : public Device {
 public:
  explicit PoisonedDevice(Device& device) : device_(device) {}
  std::string name() const override { return device_.name(); }
  std::string architecture() const override { return device_.architecture(); }
  std::string version() const override { return device_.version(); }
  int multiprocessors() const override { return device_.multiprocessors(); }
  size_t memory_bytes() const override { return device_.memory_bytes(); }
  size_t free_memory_bytes() override { return device_.free_memory_bytes(); }
  using Device::allocate;
  std::unique_ptr<DeviceBuffer> allocate(MemoryKind kind, size_t bytes, const MemoryPurpose& purpose) override {
    auto buffer = device_.allocate(kind, bytes, purpose);
    if (kind != MemoryKind::Device) return buffer;
    const std::vector<std::byte> poison(bytes, std::byte{0xff});
    const auto queue = device_.make_queue();
    require(queue->copy(buffer->data(), poison.data(), bytes));
    require(queue->synchronize());
    return buffer;
  }
  std::unique_ptr<Queue> make_queue() override { return device_.make_queue(); }
  std::unique_ptr<Queue> adopt_queue(void* native) override { return device_.adopt_queue(native); }
  std::unique_ptr<LaunchGraph> make_graph() override { return device_.make_graph(); }
  std::unique_ptr<Event> make_event(bool spins) override { return device_.make_event(spins); }
  std::shared_ptr<void> load(std::span<const std::byte> image, const std::string& entry,
                             uint32_t shared_bytes) override {
    return device_.load(image, entry, shared_bytes);
  }
  bool enter_for_libraries() override { return device_.enter_for_libraries(); }

 private:
  Device& device_;
};

}  // namespace tn::test
