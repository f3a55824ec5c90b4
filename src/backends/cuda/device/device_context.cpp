// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/device/device_context.h"

#include <algorithm>
#include <array>

#include "base/error.h"

namespace tn::cuda {
namespace {

using driver::Result;

constexpr const char* kWhoFailed = "where runs wait after each layer (setDebugSync, --debugSync) it is named";

// Errors of running kernels: every later call of the context fails with them.
bool breaks_context(Result result) {
  constexpr std::array<Result, 10> kErrors = {214, 700, 702, 709, 710, 714, 715, 716, 717, 718};
  constexpr Result kLaunchFailed = 719;
  return result == kLaunchFailed || std::find(kErrors.begin(), kErrors.end(), result) != kErrors.end();
}

[[noreturn]] void raise(const Status& status) {
  throw Error(status.code(), "{}", status.message());
}

}  // namespace

DeviceContext::DeviceContext(const Driver& driver, int index) : driver_(driver), index_(index) {
  if (index < 0 || index >= driver.device_count())
    throw Error(ErrorCode::InvalidArgument, "there is no CUDA device {}: this machine has {}", index,
                driver.device_count());
  driver_.check(driver_.device_get(&device_, index), "opening a device");
  std::array<char, 256> name{};
  driver_.check(driver_.device_get_name(name.data(), static_cast<int>(name.size()) - 1, device_), "naming a device");
  name_ = name.data();
  capability_ = attribute(driver::DeviceAttribute::ComputeCapabilityMajor) * 10 +
                attribute(driver::DeviceAttribute::ComputeCapabilityMinor);
  multiprocessors_ = {attribute(driver::DeviceAttribute::MultiprocessorCount),
                      static_cast<uint32_t>(attribute(driver::DeviceAttribute::SharedMemoryOfMultiprocessor)),
                      static_cast<uint32_t>(attribute(driver::DeviceAttribute::SharedMemoryReservedPerBlock))};
  driver_.check(driver_.primary_context_retain(&context_, device_), "making a context");
}

int DeviceContext::attribute(driver::DeviceAttribute attribute) const {
  int value = 0;
  driver_.check(driver_.device_get_attribute(&value, attribute, device_), "asking for an attribute");
  return value;
}

// The blocks of a cluster start together wherever there is room for all of them.
uint32_t DeviceContext::shared_bytes_for(const std::array<uint32_t, 3>& grid, uint32_t cluster,
                                         uint32_t shared_bytes) const noexcept {
  if (!overlaps() || cluster > 1) return shared_bytes;
  return spread_blocks(multiprocessors_, uint64_t{grid[0]} * grid[1] * grid[2], shared_bytes);
}

size_t DeviceContext::memory_bytes() const {
  size_t bytes = 0;
  driver_.check(driver_.device_total_memory(&bytes, device_), "asking for the size of the memory");
  return bytes;
}

std::string DeviceContext::Memory::text() const {
  constexpr double kMiB = 1024.0 * 1024.0;
  return fmt::format("{:.1f} of {:.1f} MiB are free", static_cast<double>(free) / kMiB,
                     static_cast<double>(total) / kMiB);
}

DeviceContext::Memory DeviceContext::memory() noexcept {
  Memory memory;
  if (driver_.context_set_current(context_) == driver::kSuccess) driver_.memory_get_info(&memory.free, &memory.total);
  return memory;
}

std::string DeviceContext::label() const {
  return fmt::format("device {} ({})", index_, name_);
}

Status DeviceContext::enter() noexcept {
  if (const Result broken = broken_; broken != driver::kSuccess) {
    return Status::failure(ErrorCode::Internal,
                           "device {} ({}) takes no more work in this process since a kernel failed with {}; {}",
                           index_, name_, driver_.describe(broken), kWhoFailed);
  }
  return status(driver_.context_set_current(context_), "entering the context");
}

void DeviceContext::enter_or_throw() {
  if (const Status entered = enter(); !entered) raise(entered);
}

Status DeviceContext::status(Result result, const char* doing) noexcept {
  if (result == driver::kSuccess) return {};
  if (breaks_context(result)) {
    broken_ = result;
    return Status::failure(ErrorCode::Internal, "device {} ({}): {}: {}; {}", index_, name_, doing,
                           driver_.describe(result), kWhoFailed);
  }
  if (result != driver::kOutOfMemory)
    return Status::failure(ErrorCode::Internal, "device {} ({}): {}: {}", index_, name_, doing,
                           driver_.describe(result));
  constexpr size_t kMiB = size_t{1} << 20;
  const Memory now = memory();
  return Status::failure(ErrorCode::OutOfMemory,
                         "device {} ({}): {}: {}: {} of {} MiB are free; fewer contexts, or ending other programs on "
                         "the device, would help",
                         index_, name_, doing, driver_.describe(result), now.free / kMiB, now.total / kMiB);
}

void DeviceContext::check(Result result, const char* doing) {
  if (const Status checked = status(result, doing); !checked) raise(checked);
}

}  // namespace tn::cuda
