// SPDX-License-Identifier: Apache-2.0
#include "base/lane.h"

#include <algorithm>
#include <array>
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

Lane::Lane(int threads, int first_core)
    : size_(threads < 1 ? 1 : threads), claims_(std::make_unique<Claim[]>(static_cast<size_t>(size_))) {
  for (int i = 1; i < size_; ++i) {
    workers_.emplace_back([this, i, first_core] { work(i, first_core < 0 ? -1 : first_core + i); });
  }
}

Lane::~Lane() {
  if (size_ > 1) start(nullptr, nullptr);
  for (auto& worker : workers_) worker.join();
}

void Lane::start(Function function, void* context) noexcept {
  function_ = function;
  context_ = context;
  float_mode_ = float_mode();
  claims_[0].core.store(current_core(), std::memory_order_relaxed);
  running_.store(size_ - 1, std::memory_order_relaxed);
  // Sequential consistency orders this store with the read of sleeping_ below, so no worker sleeps through it.
  generation_.fetch_add(1, std::memory_order_seq_cst);
  if (sleeping_.load(std::memory_order_seq_cst) > 0) generation_.notify_all();
}

void Lane::finish() noexcept {
  const uint32_t generation = generation_.load(std::memory_order_relaxed);
  for (int part = 1; part < size_; ++part) {
    if (!claim(part, generation)) continue;
    function_(context_, part);
    running_.fetch_sub(1, std::memory_order_relaxed);
  }
  // A worker may have lost its core on the way, so the caller must not spin for ever.
  const auto done = [&] { return running_.load(std::memory_order_acquire) == 0; };
  while (!spin_until(done)) std::this_thread::yield();
}

bool Lane::claim(int part, uint32_t generation) noexcept {
  uint32_t before = generation - 1;
  return claims_[static_cast<size_t>(part)].generation.compare_exchange_strong(
      before, generation, std::memory_order_acq_rel, std::memory_order_relaxed);
}

void Lane::work(int part, int core) {
  if (core >= 0) pin_thread(core);
  uint32_t seen = 0;
  for (;;) {
    const auto changed = [&] { return generation_.load(std::memory_order_acquire) != seen; };
    if (!spin_until(changed)) {
      sleeping_.fetch_add(1, std::memory_order_seq_cst);
      generation_.wait(seen, std::memory_order_seq_cst);
      sleeping_.fetch_sub(1, std::memory_order_seq_cst);
      continue;
    }
    seen = generation_.load(std::memory_order_acquire);
    if (core < 0) part_from_others(part);
    // Only who holds the part may look at the region: without it the caller may be past this one already.
    if (!claim(part, seen)) continue;
    if (function_ == nullptr) return;
    if (float_mode() != float_mode_) set_float_mode(float_mode_);
    function_(context_, part);
    running_.fetch_sub(1, std::memory_order_release);
  }
}

void Lane::part_from_others(int part) noexcept {
  constexpr size_t kMost = 256;
  const auto self = static_cast<size_t>(part);
  const int core = current_core();
  std::array<int, kMost> taken;
  const auto others = std::span(taken).first(std::min(self, kMost));
  bool shared = false;
  for (size_t i = 0; i < others.size(); ++i) {
    others[i] = claims_[i].core.load(std::memory_order_relaxed);
    shared |= others[i] == core;
  }
  if (shared) leave_cores(others);
  claims_[self].core.store(shared ? current_core() : core, std::memory_order_relaxed);
}

}  // namespace tn
