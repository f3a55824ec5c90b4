// SPDX-License-Identifier: Apache-2.0
#include "base/lane.h"

#include <chrono>

#include "base/os/cpu.h"

namespace tn {
namespace {

constexpr auto kSpin = std::chrono::microseconds(200);

// Spins until ready() or until kSpin has passed; says whether ready() held.
template <typename Ready>
bool spin_until(Ready&& ready) {
  const auto give_up = std::chrono::steady_clock::now() + kSpin;
  for (;;) {
    for (int i = 0; i < 256; ++i) {
      if (ready()) return true;
      spin_hint();
    }
    if (std::chrono::steady_clock::now() > give_up) return false;
  }
}

}  // namespace

Lane::Lane(int threads, int first_core) : size_(threads < 1 ? 1 : threads) {
  for (int i = 1; i < size_; ++i) {
    workers_.emplace_back([this, i, first_core] { work(i, first_core < 0 ? -1 : first_core + i); });
  }
}

Lane::~Lane() {
  stopping_ = true;
  if (size_ > 1) start(nullptr, nullptr);
  for (auto& worker : workers_) worker.join();
}

void Lane::start(Function function, void* context) noexcept {
  function_ = function;
  context_ = context;
  float_mode_ = float_mode();
  running_.store(size_ - 1, std::memory_order_relaxed);
  // Sequential consistency orders this store with the read of sleeping_ below, so no worker sleeps through it.
  generation_.fetch_add(1, std::memory_order_seq_cst);
  if (sleeping_.load(std::memory_order_seq_cst) > 0) generation_.notify_all();
}

void Lane::finish() noexcept {
  // A worker may have lost its core, so the caller must not spin for ever.
  const auto done = [&] { return running_.load(std::memory_order_acquire) == 0; };
  while (!spin_until(done)) std::this_thread::yield();
}

void Lane::work(int thread, int core) {
  if (core >= 0) pin_thread(core);
  uint32_t seen = 0;
  for (;;) {
    const auto changed = [&] { return generation_.load(std::memory_order_acquire) != seen; };
    if (!spin_until(changed)) {
      sleeping_.fetch_add(1, std::memory_order_seq_cst);
      generation_.wait(seen, std::memory_order_seq_cst);
      sleeping_.fetch_sub(1, std::memory_order_seq_cst);
    }
    if (!changed()) continue;
    ++seen;
    if (stopping_) return;
    if (float_mode() != float_mode_) set_float_mode(float_mode_);
    function_(context_, thread);
    running_.fetch_sub(1, std::memory_order_release);
  }
}

void Lane::barrier() noexcept {
  if (size_ == 1) return;
  const uint32_t phase = barrier_phase_.load(std::memory_order_acquire);
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) == size_ - 1) {
    arrived_.store(0, std::memory_order_relaxed);
    barrier_phase_.store(phase + 1, std::memory_order_release);
    return;
  }
  const auto passed = [&] { return barrier_phase_.load(std::memory_order_acquire) != phase; };
  while (!spin_until(passed)) std::this_thread::yield();
}

}  // namespace tn
