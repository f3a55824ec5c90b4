// SPDX-License-Identifier: Apache-2.0
#include "tenon/device.h"

#include <algorithm>
#include <memory>

#include "api/run/guard.h"
#include "api/run/quiet.h"
#include "backends/cuda/device/devices.h"
#include "base/os/cpu.h"
#include "base/os/memory.h"
#include "device/buffer.h"

namespace tn::api {
namespace {

template <size_t Size>
void copy_text(std::string_view text, char (&field)[Size]) {
  field[text.copy(field, Size - 1)] = '\0';
}

void describe_processor(tenon::DeviceInfo& info) {
  const CpuInfo& cpu = cpu_info();
  info.backend = tenon::Backend::kCPU;
  copy_text(cpu.model, info.name);
  copy_text(cpu_feature_names(cpu.features), info.features);
  info.cores = cpu.usable_cores;
  info.threads = std::max(usable_hardware_threads(), cpu.usable_cores);
  info.memoryBytes = physical_memory_bytes();
  info.l2Bytes = cpu.l2_bytes;
  info.l3Bytes = cpu.l3_bytes;
}

void describe_gpu(int index, tenon::DeviceInfo& info) {
  const Device& device = cuda::open_device(index);
  info.backend = tenon::Backend::kCUDA;
  copy_text(device.name(), info.name);
  copy_text(fmt::format("{}, driver for CUDA {}", device.architecture(), device.version()), info.features);
  info.cores = info.threads = device.multiprocessors();
  info.memoryBytes = static_cast<int64_t>(device.memory_bytes());
}

MemoryKind to_inside(tenon::MemoryKind kind) {
  switch (kind) {
    case tenon::MemoryKind::kDEVICE:
      return MemoryKind::Device;
    case tenon::MemoryKind::kHOST:
      return MemoryKind::Pinned;
    case tenon::MemoryKind::kMANAGED:
      return MemoryKind::Managed;
  }
  throw Error(ErrorCode::InvalidArgument, "memory of kind {}", static_cast<int>(kind));
}

class ProcessorMemory final : public tenon::IDeviceMemory {
 public:
  explicit ProcessorMemory(size_t bytes) : buffer_(bytes, "the program") {}
  void* data() const noexcept override { return buffer_.data(); }
  std::size_t size() const noexcept override { return buffer_.size(); }

 private:
  HostBuffer buffer_;
};

class GpuMemory final : public tenon::IDeviceMemory {
 public:
  explicit GpuMemory(std::unique_ptr<DeviceBuffer> buffer) : buffer_(std::move(buffer)) {}
  void* data() const noexcept override { return buffer_->data(); }
  std::size_t size() const noexcept override { return buffer_->size(); }

 private:
  std::unique_ptr<DeviceBuffer> buffer_;
};

}  // namespace
}  // namespace tn::api

namespace tenon {

using tn::api::quiet;

int32_t getNbDevices(Backend backend) noexcept {
  return backend == Backend::kCUDA ? tn::cuda::device_count() : 1;
}

bool getDeviceInfo(Backend backend, int32_t index, DeviceInfo& info) noexcept {
  if (index < 0 || index >= getNbDevices(backend)) return false;
  return quiet(false, [&] {
    info = {};
    if (backend == Backend::kCUDA)
      tn::api::describe_gpu(index, info);
    else
      tn::api::describe_processor(info);
    return true;
  });
}

bool getDeviceMemoryInfo(Backend backend, int32_t index, std::size_t& free, std::size_t& total) noexcept {
  if (index < 0 || index >= getNbDevices(backend)) return false;
  return quiet(false, [&] {
    if (backend != Backend::kCUDA) {
      free = static_cast<std::size_t>(tn::free_memory_bytes());
      total = static_cast<std::size_t>(tn::physical_memory_bytes());
      return true;
    }
    tn::Device& device = tn::cuda::open_device(index);
    free = device.free_memory_bytes();
    total = device.memory_bytes();
    return true;
  });
}

char const* getDeviceProblem(Backend backend, int32_t index) noexcept {
  thread_local std::string problem;
  return quiet("", [&] {
    problem.clear();
    try {
      if (backend == Backend::kCUDA)
        tn::cuda::open_device(index);
      else if (index != 0)
        problem = fmt::format("there is no CPU {}: it is number 0", index);
    } catch (const tn::Error& error) {
      problem = error.what();
    }
    return problem.c_str();
  });
}

IDeviceMemory* createDeviceMemory(ILogger& logger, Backend backend, int32_t index, MemoryKind kind,
                                  std::size_t size) noexcept {
  tn::api::PublicLogger inside(logger);
  return tn::api::guard<IDeviceMemory*>(inside, nullptr, [&]() -> IDeviceMemory* {
    if (backend != Backend::kCUDA) return new tn::api::ProcessorMemory(size);
    tn::Device& device = tn::cuda::open_device(index);
    return new tn::api::GpuMemory(
        device.allocate(tn::api::to_inside(kind), size,
                        {"inputs and outputs of the program", "a smaller batch, or fewer contexts, would help"}));
  });
}

}  // namespace tenon
