// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <type_traits>
#include <vector>

namespace tn {

/// A fixed team of threads that runs one parallel region at a time. The thread that calls run() takes part as number 0.
/// Workers compute with the caller's rounding and treatment of denormals; they spin for a short while after a region
/// and then sleep. Not for use from two threads at once.
class Lane {
 public:
  /// `threads` ≥ 1 counts the caller. Workers are pinned to the cores first_core+1 … when first_core ≥ 0.
  explicit Lane(int threads, int first_core = -1);
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  int size() const noexcept { return size_; }

  /// Calls body(thread) once on every thread, thread in [0, size()), and returns when all are done. body must not
  /// throw.
  template <typename Body>
  void run(Body&& body) noexcept {
    if (size_ == 1) {
      body(0);
      return;
    }
    using Plain = std::remove_reference_t<Body>;
    start([](void* context, int thread) { (*static_cast<Plain*>(context))(thread); },
          const_cast<void*>(static_cast<const void*>(&body)));
    body(0);
    finish();
  }

  /// Splits [0, count) into size() near-equal parts and calls body(begin, end) for each non-empty part.
  template <typename Body>
  void parallel_for(int64_t count, Body&& body) noexcept {
    run([&](int thread) {
      const int64_t begin = count * thread / size_, end = count * (thread + 1) / size_;
      if (begin < end) body(begin, end);
    });
  }

  /// Inside a region: waits until every thread of the lane has come here.
  void barrier() noexcept;

 private:
  using Function = void (*)(void* context, int thread);
  void start(Function function, void* context) noexcept;
  void finish() noexcept;
  void work(int thread, int core);

  const int size_;
  std::vector<std::thread> workers_;
  Function function_ = nullptr;
  void* context_ = nullptr;
  uint32_t float_mode_ = 0;  ///< of the caller
  bool stopping_ = false;
  alignas(64) std::atomic<uint32_t> generation_{0};
  alignas(64) std::atomic<int> sleeping_{0};
  alignas(64) std::atomic<int> running_{0};
  alignas(64) std::atomic<int> arrived_{0};
  alignas(64) std::atomic<uint32_t> barrier_phase_{0};
};

}  // namespace tn
