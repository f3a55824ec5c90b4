// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/device/cuda_device.h"

#include "backends/cuda/device/cubin.h"
#include "backends/cuda/device/cuda_graph.h"
#include "backends/cuda/device/cuda_queue.h"
#include "base/error.h"

namespace tn::cuda {
namespace {

constexpr uint32_t kSharedWithoutAsking = 48 * 1024;

double mib(size_t bytes) {
  return static_cast<double>(bytes) / (1024.0 * 1024.0);
}

/// Of the device's memory or of pinned memory of the host.
class CudaBuffer final : public DeviceBuffer {
 public:
  CudaBuffer(DeviceContext& context, size_t bytes, const char* purpose, bool pinned)
      : context_(context), pinned_(pinned) {
    if (bytes == 0) return;
    context_.enter_or_throw();
    const Driver& driver = context_.driver();
    driver::Pointer place = 0;
    void* host = nullptr;
    const driver::Result result =
        pinned ? driver.memory_allocate_host(&host, bytes) : driver.memory_allocate(&place, bytes);
    if (result == driver::kOutOfMemory) no_memory(bytes, purpose);
    context_.check(result, "allocating memory");
    data_ = static_cast<std::byte*>(pinned ? host : reinterpret_cast<void*>(place));
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
  [[noreturn]] void no_memory(size_t bytes, const char* purpose) {
    if (pinned_)
      throw Error(ErrorCode::OutOfMemory, "cannot allocate {:.1f} MiB of pinned host memory for {}", mib(bytes),
                  purpose);
    size_t free = 0, total = 0;
    context_.driver().memory_get_info(&free, &total);
    throw Error(ErrorCode::OutOfMemory,
                "{}: cannot allocate {:.1f} MiB for {}: {:.1f} of {:.1f} MiB are free; a smaller batch or largest "
                "shape, fewer contexts, or ending other programs on the device would help",
                context_.label(), mib(bytes), purpose, mib(free), mib(total));
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
  return context_.attribute(driver::DeviceAttribute::MultiprocessorCount);
}

bool CudaDevice::enter_for_libraries() {
  context_.enter_or_throw();
  return true;
}

std::unique_ptr<DeviceBuffer> CudaDevice::allocate(size_t bytes, const char* purpose) {
  return std::make_unique<CudaBuffer>(context_, bytes, purpose, false);
}

std::unique_ptr<DeviceBuffer> CudaDevice::allocate_pinned(size_t bytes, const char* purpose) {
  return std::make_unique<CudaBuffer>(context_, bytes, purpose, true);
}

std::unique_ptr<Queue> CudaDevice::make_queue() {
  return std::make_unique<CudaQueue>(context_);
}
std::unique_ptr<LaunchGraph> CudaDevice::make_graph() {
  return std::make_unique<CudaGraph>(context_);
}
std::unique_ptr<Event> CudaDevice::make_event() {
  return std::make_unique<CudaEvent>(context_);
}

CudaDevice::Loaded CudaDevice::load_image(std::span<const std::byte> image, const std::string& entry) {
  const Driver& driver = context_.driver();
  const auto check = [&](driver::Result result) {
    if (result == driver::kSuccess) return;
    throw Error(ErrorCode::InvalidEngine, "kernel '{}' cannot be loaded on {} of architecture {}, driver {}: {}", entry,
                context_.label(), architecture(), version(), driver.describe(result));
  };
  if (!is_whole_elf(image)) throw Error(ErrorCode::InvalidEngine, "kernel '{}' has a damaged image", entry);
  driver::Module module = nullptr;
  Loaded loaded;
  check(driver.module_load_data(&module, image.data()));
  check(driver.module_get_function(&loaded.function, module, entry.c_str()));
  return loaded;
}

void* CudaDevice::load(std::span<const std::byte> image, const std::string& entry, uint32_t shared_bytes) {
  context_.enter_or_throw();
  const std::lock_guard lock(mutex_);
  Loaded& loaded = loaded_[{hash_bytes(image), entry}];
  if (!loaded.function) loaded = load_image(image, entry);
  if (shared_bytes > kSharedWithoutAsking && shared_bytes > loaded.shared_bytes) {
    const driver::Result result = context_.driver().function_set_attribute(
        loaded.function, driver::kFunctionMaxDynamicShared, static_cast<int>(shared_bytes));
    if (result != driver::kSuccess)
      throw Error(ErrorCode::InvalidEngine, "kernel '{}' wants {} bytes of shared memory, which {} refuses: {}", entry,
                  shared_bytes, context_.label(), context_.driver().describe(result));
    loaded.shared_bytes = shared_bytes;
  }
  return loaded.function;
}

}  // namespace tn::cuda
