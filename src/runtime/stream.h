// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "base/lane.h"

namespace tn {

/// A queue of work with a thread of its own that does it in order. The thread leads a lane of `threads` threads.
/// Calls come from one thread at a time. Enqueuing allocates nothing; a full queue makes the caller wait.
class Stream {
 public:
  /// Does one piece of work and says whether it succeeded.
  using Function = bool (*)(void* argument, Stream& stream) noexcept;

  /// `threads` ≥ 1.
  explicit Stream(int threads);
  /// Waits for the work.
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  int threads() const noexcept { return threads_; }
  void enqueue(Function function, void* argument) noexcept;
  /// Waits for all work; false if any failed since the last call.
  bool synchronize() noexcept;
  bool idle() const noexcept { return done_.load(std::memory_order_acquire) == submitted_.load(); }
  /// Whether waiting (for work, for results) spins for long before it sleeps.
  void set_spin(bool spin) noexcept { spin_.store(spin, std::memory_order_relaxed); }

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
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::array<Work, 256> ring_;
  std::atomic<bool> spin_{false}, failed_{false};
  alignas(64) std::atomic<uint32_t> submitted_{0};
  alignas(64) std::atomic<uint32_t> done_{0};
  std::thread thread_;
};

}  // namespace tn
