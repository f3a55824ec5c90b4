// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "base/lane.h"
#include "device/device.h"

namespace tn {

/// A queue of work that is done in order. Calls come from one thread at a time.
/// On the processor a thread of its own does it, which leads a lane of `threads` threads. Enqueuing allocates nothing;
/// a full queue makes the caller wait. On a device the functions run at once, on the caller's thread, and give their
/// work to queue().
class Stream {
 public:
  /// Does one piece of work and says whether it succeeded.
  using Function = bool (*)(void* argument, Stream& stream) noexcept;

  /// `threads` ≥ 1.
  explicit Stream(int threads);
  /// Of a device. The lane is for steps that run on the host.
  Stream(int threads, Device& device);
  /// The same over a queue of the device.
  Stream(int threads, Device& device, std::unique_ptr<Queue> queue);
  /// Waits for the work.
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  int threads() const noexcept { return threads_; }
  /// Null on the processor.
  Queue* queue() const noexcept { return queue_.get(); }
  Device* device() const noexcept { return device_; }
  void enqueue(Function function, void* argument) noexcept;
  /// Waits for all work; false if any failed since the last call.
  bool synchronize() noexcept;
  /// What a device's queue said when synchronize() last failed.
  std::string_view failure() const noexcept { return failure_.message(); }
  bool idle() const noexcept;
  /// Whether waiting (for work, for results) spins for long before it sleeps.
  void set_spin(bool spin) noexcept;

  /// A lane of at most `most` threads. Only for work that runs on this stream; starts threads on first use.
  Lane& lane(int most);

 private:
  struct Work {
    Function function = nullptr;
    void* argument = nullptr;
  };
  void work() noexcept;
  void wait_while(const std::atomic<uint32_t>& counter, uint32_t value, int spins) const noexcept;

  const int threads_;
  Device* const device_ = nullptr;
  std::unique_ptr<Queue> queue_;
  Status failure_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::array<Work, 256> ring_;
  std::atomic<bool> spin_{false}, failed_{false};
  alignas(64) std::atomic<uint32_t> submitted_{0};
  alignas(64) std::atomic<uint32_t> done_{0};
  std::thread thread_;
};

}  // namespace tn
