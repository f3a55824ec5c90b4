// SPDX-License-Identifier: Apache-2.0
#include "tenon/device.h"

#include <algorithm>
#include <memory>

#include "api/run/guard.h"
#include "base/os/cpu.h"
#include "base/os/memory.h"
#include "runtime/stream.h"

namespace tn::api {
namespace {

// Streams have no logger.
template <typename Result, typename Body>
Result quiet(Result failed, Body&& body) noexcept {
  SilentLogger silent;
  return guard(silent, failed, std::forward<Body>(body));
}

template <size_t Size>
void copy_text(std::string_view text, char (&field)[Size]) {
  field[text.copy(field, Size - 1)] = '\0';
}

// A program's function as work of a stream; freed when it has run.
struct HostFunction {
  void (*function)(void*);
  void* argument;
};

bool call_host_function(void* work, Stream&) noexcept {
  const std::unique_ptr<HostFunction> call(static_cast<HostFunction*>(work));
  return quiet(false, [&] {
    call->function(call->argument);
    return true;
  });
}

}  // namespace
}  // namespace tn::api

namespace tenon {

using tn::api::quiet;

int32_t getNbDevices(Backend backend) noexcept {
  return backend == Backend::kCPU || backend == Backend::kAUTO ? 1 : 0;
}

bool getDeviceInfo(Backend backend, int32_t index, DeviceInfo& info) noexcept {
  if (index < 0 || index >= getNbDevices(backend)) return false;
  return quiet(false, [&] {
    const tn::CpuInfo& cpu = tn::cpu_info();
    info = {};
    info.backend = Backend::kCPU;
    tn::api::copy_text(cpu.model, info.name);
    tn::api::copy_text(tn::cpu_feature_names(cpu.features), info.features);
    info.cores = cpu.usable_cores;
    info.threads = std::max(tn::usable_hardware_threads(), cpu.usable_cores);
    info.memoryBytes = tn::physical_memory_bytes();
    info.l2Bytes = cpu.l2_bytes;
    info.l3Bytes = cpu.l3_bytes;
    return true;
  });
}

Stream createStream(int32_t cpuThreads) noexcept {
  return quiet<Stream>(nullptr, [&]() -> Stream {
    if (cpuThreads < 0) return nullptr;
    return new tn::Stream(cpuThreads > 0 ? cpuThreads : tn::cpu_info().usable_cores);
  });
}

void destroyStream(Stream stream) noexcept {
  delete static_cast<tn::Stream*>(stream);
}

bool synchronizeStream(Stream stream) noexcept {
  return stream && static_cast<tn::Stream*>(stream)->synchronize();
}

bool queryStream(Stream stream) noexcept {
  return !stream || static_cast<tn::Stream*>(stream)->idle();
}

bool enqueueHostFunction(Stream stream, void (*function)(void*), void* argument) noexcept {
  return quiet(false, [&] {
    if (!stream || !function) return false;
    auto call = std::make_unique<tn::api::HostFunction>(tn::api::HostFunction{function, argument});
    static_cast<tn::Stream*>(stream)->enqueue(tn::api::call_host_function, call.release());
    return true;
  });
}

void setStreamSpinWait(Stream stream, bool spin) noexcept {
  if (stream) static_cast<tn::Stream*>(stream)->set_spin(spin);
}

}  // namespace tenon
