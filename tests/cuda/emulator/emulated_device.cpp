// SPDX-License-Identifier: Apache-2.0
#include "cuda/emulator/emulated_device.h"

#include <dlfcn.h>

#include "base/error.h"

namespace tn::test {
namespace {

tn_emulator::Index index_of(const std::array<uint32_t, 3>& sizes) {
  return {sizes[0], sizes[1], sizes[2]};
}

}  // namespace

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

Status EmulatedDevice::launch(const Launch& launch) noexcept {
  const std::lock_guard lock(mutex_);
  const auto& function = *static_cast<const Function*>(launch.function);
  try {
    emulator_.run(
        {function.kernel, index_of(launch.grid), index_of(launch.block), launch.shared_bytes, launch.arguments.data()});
    return {};
  } catch (const std::exception& fault) {
    return Status::failure(ErrorCode::Internal, "'{}': {}", function.entry, fault.what());
  }
}

}  // namespace tn::test
