// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "device/device.h"

namespace tn::cuda {

/// A device that is not there: its memory is the host's, copies are made at once, launches are only written down,
/// unless a derived class knows more to do with them. For driving the runtime without a GPU.
class NullDevice : public Device {
 public:
  struct Call {
    std::string entry;  ///< of a library: the name of the call
    std::array<uint32_t, 3> grid{}, block{};
    uint32_t shared_bytes = 0, cluster = 1;
    bool overlaps = false;
    std::vector<uint64_t> arguments;
  };

  explicit NullDevice(std::string architecture = "sm_90") : architecture_(std::move(architecture)) {}

  /// What ran, in order; begins anew.
  std::vector<Call> take_calls();
  /// Whether launches are written down (the default); if not, they allocate nothing.
  void write_down(bool write) { writes_ = write; }

  std::string name() const override { return "no device"; }
  std::string architecture() const override { return architecture_; }
  std::string version() const override { return "none"; }
  int multiprocessors() const override { return 1; }
  size_t memory_bytes() const override;
  size_t free_memory_bytes() override { return memory_bytes(); }
  using Device::allocate;
  std::unique_ptr<DeviceBuffer> allocate(MemoryKind kind, size_t bytes, const MemoryPurpose& purpose) override;
  std::unique_ptr<Queue> make_queue() override;
  std::unique_ptr<Queue> adopt_queue(void* native) override;
  std::unique_ptr<LaunchGraph> make_graph() override;
  std::unique_ptr<Event> make_event(bool spins) override;
  std::shared_ptr<void> load(std::span<const std::byte> image, const std::string& entry,
                             uint32_t shared_bytes) override;

 protected:
  virtual Status launch(const Launch& launch) noexcept;

 private:
  friend class NullQueue;
  void ran(Call call);

  std::string architecture_;
  std::mutex mutex_;
  std::map<std::string, std::string> functions_;  ///< by name; a function is the address of its value
  std::vector<Call> calls_;
  bool writes_ = true;
};

}  // namespace tn::cuda
