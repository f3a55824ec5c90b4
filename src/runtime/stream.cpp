// SPDX-License-Identifier: Apache-2.0
#include "runtime/stream.h"

#include <algorithm>

#include "base/os/cpu.h"

namespace tn {
namespace {

constexpr int kShortSpin = 500;       // some microseconds: work often follows work at once
constexpr int kLongSpin = 2'000'000;  // tens of milliseconds

}  // namespace

Stream::Stream(int threads) : threads_(std::max(threads, 1)), thread_([this] { work(); }) {}

Stream::Stream(int threads, Device& device) : Stream(threads, device, device.make_queue()) {}

Stream::Stream(int threads, Device& device, std::unique_ptr<Queue> queue)
    : threads_(std::max(threads, 1)), device_(&device), queue_(std::move(queue)) {}

Stream::~Stream() {
  if (queue_) {
    (void)queue_->synchronize();
    return;
  }
  enqueue(nullptr, nullptr);
  thread_.join();
}

void Stream::wait_while(const std::atomic<uint32_t>& counter, uint32_t value, int spins) const noexcept {
  if (spin_.load(std::memory_order_relaxed)) spins = kLongSpin;
  for (int i = 0; i < spins; ++i) {
    if (counter.load(std::memory_order_acquire) != value) return;
    spin_hint();
  }
  while (counter.load(std::memory_order_acquire) == value) counter.wait(value, std::memory_order_acquire);
}

void Stream::enqueue(Function function, void* argument) noexcept {
  if (queue_) {
    if (!function(argument, *this)) failed_.store(true);
    return;
  }
  const uint32_t ticket = submitted_.load(std::memory_order_relaxed);
  for (uint32_t done = done_.load(); ticket - done >= ring_.size(); done = done_.load()) wait_while(done_, done, 0);
  ring_[ticket % ring_.size()] = {function, argument};
  submitted_.store(ticket + 1, std::memory_order_release);
  submitted_.notify_one();
}

// Does not spin by default: the lane's threads need the cores.
bool Stream::synchronize() noexcept {
  if (queue_) {
    failure_ = queue_->synchronize();
    return !failed_.exchange(false) && failure_.ok();
  }
  const uint32_t target = submitted_.load(std::memory_order_relaxed);
  for (uint32_t done = done_.load(); done != target; done = done_.load()) wait_while(done_, done, 0);
  return !failed_.exchange(false);
}

bool Stream::idle() const noexcept {
  if (queue_) return queue_->idle();
  return done_.load(std::memory_order_acquire) == submitted_.load();
}

void Stream::set_spin(bool spin) noexcept {
  spin_.store(spin, std::memory_order_relaxed);
  if (queue_) queue_->set_spin(spin);
}

Lane& Stream::lane(int most) {
  const int size = std::clamp(most, 1, threads_);
  for (const auto& lane : lanes_) {
    if (lane->size() == size) return *lane;
  }
  return *lanes_.emplace_back(std::make_unique<Lane>(size));
}

void Stream::work() noexcept {
  flush_denormals();
  for (uint32_t next = 0;; ++next) {
    wait_while(submitted_, next, kShortSpin);
    const Work work = ring_[next % ring_.size()];
    if (work.function && !work.function(work.argument, *this)) failed_.store(true);
    done_.store(next + 1, std::memory_order_release);
    done_.notify_all();
    if (!work.function) return;
  }
}

}  // namespace tn
