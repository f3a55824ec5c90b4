// SPDX-License-Identifier: Apache-2.0
#include "cuda/emulator/emulated_device.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace tn::test {
namespace {

tn_emulator::Index index_of(const std::array<uint32_t, 3>& sizes) {
  return {sizes[0], sizes[1], sizes[2]};
}

}  // namespace

std::unique_ptr<DeviceBuffer> EmulatedDevice::allocate(MemoryKind kind, size_t bytes, const MemoryPurpose& purpose) {
  return kind == MemoryKind::Device ? memory_.allocate(bytes) : NullDevice::allocate(kind, bytes, purpose);
}

void EmulatedDevice::copy(void* to, const void* from, size_t bytes) noexcept {
  const DeviceMemory::Access access(memory_);
  NullDevice::copy(to, from, bytes);
}

std::shared_ptr<void> EmulatedDevice::load(std::span<const std::byte> image, const std::string& entry, uint32_t) {
  const std::lock_guard lock(mutex_);
  const std::string path(reinterpret_cast<const char*>(image.data()), image.size());
  Function& function = functions_[path];
  if (!function.kernel) {
    void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library) throw Error(ErrorCode::InvalidEngine, "'{}': {}", entry, dlerror());
    function = {entry, static_cast<const tn_emulator::Kernel*>(dlsym(library, "tn_kernel"))};
  }
  return {std::shared_ptr<void>(), &function};  // libraries stay open
}

// Of those before it only the last may still have to let it start, and kernels share no memory of fixed size.
bool EmulatedDevice::may_begin(const Function& function) const {
  constexpr size_t kMost = 3;
  if (running_.size() > kMost || !running_.back()->overlaps) return false;
  if (running_.size() > 1 && !running_.back()->emulator.lets_next_start()) return false;
  return std::ranges::none_of(running_, [&](const auto& running) { return running->function == &function; });
}

Status EmulatedDevice::launch(const Launch& launch) noexcept {
  const std::lock_guard lock(mutex_);
  const auto& function = *static_cast<const Function*>(launch.function);
  const bool overlaps = launch.overlaps && overlaps_;
  const DeviceMemory::Access access(memory_);
  try {
    while (!running_.empty() && !(overlaps && may_begin(function))) finish_first();
    if (idle_.empty()) idle_.push_back(std::make_unique<Running>());
    auto next = std::move(idle_.back());
    idle_.pop_back();
    next->function = &function;
    next->overlaps = overlaps;
    next->emulator.take({function.kernel,
                         index_of(launch.grid),
                         index_of(launch.block),
                         launch.shared_bytes,
                         {launch.arguments.begin(), launch.arguments.end()},
                         launch.cluster});
    if (!running_.empty()) run(*next, &Emulator::start);
    running_.push_back(std::move(next));
    return {};
  } catch (const std::exception& fault) {
    running_.clear();
    return Status::failure(ErrorCode::Internal, "{}", fault.what());
  }
}

void EmulatedDevice::run(Running& running, void (Emulator::*part)()) {
  try {
    (running.emulator.*part)();
  } catch (const Fault& fault) {
    throw Fault(fmt::format("'{}': {}", running.function->entry, fault.what()));
  }
}

void EmulatedDevice::finish_first() {
  Running& first = *running_.front();
  const SharedReads before = first.emulator.reads();
  run(first, &Emulator::finish);
  reads_.phases += first.emulator.reads().phases - before.phases;
  reads_.conflicts += first.emulator.reads().conflicts - before.conflicts;
  idle_.push_back(std::move(running_.front()));
  running_.pop_front();
}

Status EmulatedDevice::finish() noexcept {
  const std::lock_guard lock(mutex_);
  if (running_.empty()) return {};
  const DeviceMemory::Access access(memory_);
  try {
    while (!running_.empty()) finish_first();
    return {};
  } catch (const std::exception& fault) {
    running_.clear();
    return Status::failure(ErrorCode::Internal, "{}", fault.what());
  }
}

}  // namespace tn::test
