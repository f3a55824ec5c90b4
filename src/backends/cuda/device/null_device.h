// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "device/device.h"

namespace tn::cuda {

/// A device that is not there: its memory is the host's, copies are made at once, launches are only written down,
/// unless a derived class knows more to do with them. For driving the runtime and the tuner without a GPU. It has a
/// clock of its own, which only calls advance.
class NullDevice : public Device {
 public:
  struct Call {
    std::string entry;  ///< of a library: the name of the call
    std::array<uint32_t, 3> grid{}, block{};
    uint32_t shared_bytes = 0, cluster = 1;
    bool overlaps = false;
    std::vector<uint64_t> arguments;
  };

  /// Microseconds of a call by the device's clock; `before` is the call ahead of it, if there is one.
  using TimeOf = std::function<int64_t(const Call& call, const Call* before)>;

  explicit NullDevice(std::string architecture = "sm_90") : architecture_(std::move(architecture)) {}

  /// What ran, in order; begins anew.
  std::vector<Call> take_calls();
  /// Whether launches are written down (the default); if not, they allocate nothing.
  void write_down(bool write) { writes_ = write; }
  /// One microsecond for each call unless told otherwise here. Before anything runs.
  void set_times(TimeOf time_of) { time_of_ = std::move(time_of); }
  int64_t microseconds() const;

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
  /// Refuses images for other architectures and functions that want more shared memory than this one has.
  std::shared_ptr<void> load(std::span<const std::byte> image, const std::string& entry,
                             uint32_t shared_bytes) override;

 protected:
  virtual Status launch(const Launch& launch) noexcept;
  /// After all launches have ended.
  virtual void copy(void* to, const void* from, size_t bytes) noexcept;
  /// Until all launches have ended.
  virtual Status finish() noexcept { return {}; }

 private:
  friend class NullQueue;
  void ran(Call call);

  std::string architecture_;
  TimeOf time_of_ = [](const Call&, const Call*) { return 1; };
  mutable std::mutex mutex_;
  int64_t microseconds_ = 0;
  std::map<std::string, std::string> functions_;  ///< by name; a function is the address of its value
  std::vector<Call> calls_;
  bool writes_ = true;
};

}  // namespace tn::cuda
