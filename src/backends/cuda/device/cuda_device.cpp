// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/device/cuda_device.h"

#include <algorithm>

#include "backends/cuda/device/cubin.h"
#include "backends/cuda/device/cuda_graph.h"
#include "backends/cuda/device/cuda_queue.h"
#include "backends/cuda/device/images.h"
#include "base/error.h"

namespace tn::cuda {
namespace {

constexpr uint32_t kSharedWithoutAsking = 48 * 1024;

double mib(size_t bytes) {
  return static_cast<double>(bytes) / (1024.0 * 1024.0);
}

// What would help where an image cannot be loaded.
std::string_view remedy(driver::Result result) {
  switch (result) {
    case driver::kInvalidImage:
    case driver::kUnsupportedPtxVersion:
      return "; the driver may be older than the compiler that made it: "
             "a newer driver, or building the engine again on this machine, would help";
    case driver::kNoBinaryForDevice:
      return "; it was compiled for another architecture, or the driver is older than the compiler that made it: "
             "building the engine again on this machine would help";
    case driver::kOutOfMemory:
      return "; fewer engines, or ending other programs on the device, would help";
    default:
      return "";
  }
}

class CudaBuffer final : public DeviceBuffer {
 public:
  CudaBuffer(DeviceContext& context, MemoryKind kind, size_t bytes, const MemoryPurpose& purpose)
      : context_(context), pinned_(kind == MemoryKind::Pinned) {
    if (bytes == 0) return;
    context_.enter_or_throw();
    const driver::Result result = take(kind, bytes);
    if (result == driver::kOutOfMemory) no_memory(bytes, purpose);
    context_.check(result, "allocating memory");
    size_ = bytes;
  }
  ~CudaBuffer() override {
    if (!data_ || !context_.enter()) return;
    if (pinned_)
      context_.driver().memory_free_host(data_);
    else
      context_.driver().memory_free(reinterpret_cast<driver::Pointer>(data_));
  }

 private:
  driver::Result take(MemoryKind kind, size_t bytes) {
    const Driver& driver = context_.driver();
    void* host = nullptr;
    driver::Pointer place = 0;
    const driver::Result result = kind == MemoryKind::Pinned ? driver.memory_allocate_host(&host, bytes)
                                  : kind == MemoryKind::Managed
                                      ? driver.memory_allocate_managed(&place, bytes, driver::kManagedGlobal)
                                      : driver.memory_allocate(&place, bytes);
    if (result == driver::kSuccess) data_ = static_cast<std::byte*>(host ? host : reinterpret_cast<void*>(place));
    return result;
  }

  [[noreturn]] void no_memory(size_t bytes, const MemoryPurpose& purpose) {
    if (pinned_)
      throw Error(ErrorCode::OutOfMemory, "cannot allocate {:.1f} MiB of pinned host memory for {}; {}", mib(bytes),
                  purpose.what, purpose.help);
    throw Error(ErrorCode::OutOfMemory, "{}: cannot allocate {:.1f} MiB for {}: {}; {}", context_.label(), mib(bytes),
                purpose.what, context_.memory().text(), purpose.help);
  }

  DeviceContext& context_;
  bool pinned_;
};

}  // namespace

std::string CudaDevice::architecture() const {
  return fmt::format("sm_{}", context_.capability());
}

std::string CudaDevice::version() const {
  const int version = context_.driver().version();
  return fmt::format("{}.{}", version / 1000, version % 1000 / 10);
}

int CudaDevice::multiprocessors() const {
  return context_.multiprocessors().count;
}

bool CudaDevice::enter_for_libraries() {
  context_.enter_or_throw();
  return true;
}

std::unique_ptr<DeviceBuffer> CudaDevice::allocate(MemoryKind kind, size_t bytes, const MemoryPurpose& purpose) {
  return std::make_unique<CudaBuffer>(context_, kind, bytes, purpose);
}

std::unique_ptr<Queue> CudaDevice::make_queue() {
  return std::make_unique<CudaQueue>(context_);
}
std::unique_ptr<Queue> CudaDevice::adopt_queue(void* native) {
  return std::make_unique<CudaQueue>(context_, static_cast<driver::Stream>(native));
}
std::unique_ptr<LaunchGraph> CudaDevice::make_graph() {
  return std::make_unique<CudaGraph>(context_);
}
std::unique_ptr<Event> CudaDevice::make_event(bool spins) {
  return std::make_unique<CudaEvent>(context_, spins);
}

/// A module with one function.
struct CudaDevice::Loaded {
  explicit Loaded(DeviceContext& on) : context(on) {}
  ~Loaded() {
    if (module && context.enter()) context.driver().module_unload(module);
  }
  Loaded(const Loaded&) = delete;
  Loaded& operator=(const Loaded&) = delete;

  DeviceContext& context;
  driver::Module module = nullptr;
  driver::Function function = nullptr;
  uint32_t shared_bytes = 0;  ///< that it may use
};

std::shared_ptr<CudaDevice::Loaded> CudaDevice::load_image(std::span<const std::byte> image, const std::string& entry) {
  const Driver& driver = context_.driver();
  const auto check = [&](driver::Result result) {
    if (result == driver::kSuccess) return;
    const ErrorCode code = result == driver::kOutOfMemory ? ErrorCode::OutOfMemory : ErrorCode::InvalidEngine;
    throw Error(code, "kernel '{}' cannot be loaded on {} of architecture {}, whose driver is for CUDA {}: {}{}", entry,
                context_.label(), architecture(), version(), driver.describe(result), remedy(result));
  };
  if (!is_whole_elf(image)) throw Error(ErrorCode::InvalidEngine, "kernel '{}' has a damaged image", entry);
  auto loaded = std::make_shared<Loaded>(context_);
  check(driver.module_load_data(&loaded->module, image.data()));
  check(driver.module_get_function(&loaded->function, loaded->module, entry.c_str()));
  // Between kernels that divide a multiprocessor's memory differently it must come to rest. A hint: refusals are none.
  constexpr int kAllOfIt = 100;
  driver.function_set_attribute(loaded->function, driver::kFunctionSharedCarveout, kAllOfIt);
  return loaded;
}

std::shared_ptr<void> CudaDevice::load(std::span<const std::byte> image, const std::string& entry,
                                       uint32_t shared_bytes) {
  context_.enter_or_throw();
  const std::lock_guard lock(mutex_);
  image = image_for(image, architecture());
  std::erase_if(loaded_, [](const auto& known) { return known.second.expired(); });
  std::weak_ptr<Loaded>& known = loaded_[{hash_bytes(image), entry}];
  std::shared_ptr<Loaded> loaded = known.lock();
  if (!loaded) known = loaded = load_image(image, entry);
  if (context_.overlaps()) shared_bytes = std::max(shared_bytes, most_to_spread(context_.multiprocessors()));
  if (shared_bytes > kSharedWithoutAsking && shared_bytes > loaded->shared_bytes) {
    const driver::Result result = context_.driver().function_set_attribute(
        loaded->function, driver::kFunctionMaxDynamicShared, static_cast<int>(shared_bytes));
    if (result != driver::kSuccess)
      throw Error(ErrorCode::InvalidEngine, "kernel '{}' wants {} bytes of shared memory, which {} refuses: {}", entry,
                  shared_bytes, context_.label(), context_.driver().describe(result));
    loaded->shared_bytes = shared_bytes;
  }
  return {loaded, loaded->function};
}

}  // namespace tn::cuda
