// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <type_traits>
#include <vector>

namespace tn {

/// A fixed team of threads that runs one parallel region at a time, cut into as many parts. Part t belongs to worker t;
/// part 0 to the thread that calls run(), which also runs the parts of workers that have not begun by the time it is
/// done with its own: a worker without a core costs its share of the work, not a time slice of the system.
/// Workers compute with the caller's rounding and treatment of denormals; they spin for a short while after a region
/// and then sleep. A worker that finds itself on the core of another thread of the lane moves to a free one: the
/// operating system may leave two that spin on one core for long. Not for use from two threads at once.
class Lane {
 public:
  /// `threads` ≥ 1 counts the caller. Workers are pinned to the cores first_core+1 … when first_core ≥ 0.
  explicit Lane(int threads, int first_core = -1);
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  int size() const noexcept { return size_; }

  /// Calls body(part) once for each part in [0, size()) and returns when all are done. Parts must not wait for each
  /// other: one thread may run several, in turn. body must not throw.
  template <typename Body>
  void run(Body&& body) noexcept {
    if (size_ == 1) {
      body(0);
      return;
    }
    using Plain = std::remove_reference_t<Body>;
    start([](void* context, int part) { (*static_cast<Plain*>(context))(part); },
          const_cast<void*>(static_cast<const void*>(&body)));
    body(0);
    finish();
  }

  /// Splits [0, count) into size() near-equal parts and calls body(begin, end) for each non-empty part.
  template <typename Body>
  void parallel_for(int64_t count, Body&& body) noexcept {
    run([&](int part) {
      const int64_t begin = count * part / size_, end = count * (part + 1) / size_;
      if (begin < end) body(begin, end);
    });
  }

 private:
  using Function = void (*)(void* context, int part);
  struct alignas(64) Claim {
    std::atomic<uint32_t> generation{0};  ///< of the last region in which somebody took this part
    std::atomic<int> core{-1};            ///< where the thread that the part belongs to was last seen
  };

  void start(Function function, void* context) noexcept;
  void finish() noexcept;
  bool claim(int part, uint32_t generation) noexcept;
  void work(int part, int core);
  void part_from_others(int part) noexcept;

  const int size_;
  std::unique_ptr<Claim[]> claims_;
  std::vector<std::thread> workers_;
  Function function_ = nullptr;  ///< null: workers end
  void* context_ = nullptr;
  uint32_t float_mode_ = 0;  ///< of the caller
  alignas(64) std::atomic<uint32_t> generation_{0};
  alignas(64) std::atomic<int> sleeping_{0};
  alignas(64) std::atomic<int> running_{0};
};

}  // namespace tn
