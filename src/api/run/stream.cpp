// SPDX-License-Identifier: Apache-2.0
#include "runtime/stream.h"

#include <atomic>
#include <chrono>
#include <cstring>
#include <limits>
#include <memory>

#include "api/run/quiet.h"
#include "backends/cuda/device/devices.h"
#include "base/os/cpu.h"
#include "tenon/device.h"

namespace tn::api {
namespace {

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

struct Copy {
  void* to;
  const void* from;
  std::size_t size;
};

bool copy_on_host(void* work, Stream&) noexcept {
  const std::unique_ptr<Copy> copy(static_cast<Copy*>(work));
  std::memmove(copy->to, copy->from, copy->size);
  return true;
}

class GpuEvent final : public tenon::IEvent {
 public:
  explicit GpuEvent(std::unique_ptr<Event> event) : event_(std::move(event)) {}
  bool record(tenon::Stream stream) noexcept override {
    auto* inside = static_cast<Stream*>(stream);
    return inside && inside->queue() && event_->record(*inside->queue()).ok();
  }
  bool synchronize() noexcept override { return event_->wait().ok(); }
  bool makeWait(tenon::Stream stream) const noexcept override {
    auto* inside = static_cast<Stream*>(stream);
    return inside && inside->queue() && inside->queue()->wait(*event_).ok();
  }
  double getElapsedTime(tenon::IEvent const& start) const noexcept override {
    double milliseconds = 0;
    const auto* begin = dynamic_cast<const GpuEvent*>(&start);
    const bool told = begin && event_->since(*begin->event_, milliseconds).ok();
    return told ? milliseconds : std::numeric_limits<double>::quiet_NaN();
  }

 private:
  std::unique_ptr<Event> event_;
};

class ProcessorEvent final : public tenon::IEvent {
 public:
  bool record(tenon::Stream stream) noexcept override {
    auto* inside = static_cast<Stream*>(stream);
    if (!inside || inside->queue()) return false;
    reached_.store(false);
    inside->enqueue(reach, this);
    return true;
  }
  bool synchronize() noexcept override {
    reached_.wait(false);
    return true;
  }
  bool makeWait(tenon::Stream stream) const noexcept override {
    auto* inside = static_cast<Stream*>(stream);
    if (!inside || inside->queue()) return false;
    inside->enqueue(hold, const_cast<ProcessorEvent*>(this));
    return true;
  }
  double getElapsedTime(tenon::IEvent const& start) const noexcept override {
    const auto* begin = dynamic_cast<const ProcessorEvent*>(&start);
    if (!begin || !begin->reached_ || !reached_) return std::numeric_limits<double>::quiet_NaN();
    return std::chrono::duration<double, std::milli>(time_ - begin->time_).count();
  }

 private:
  static bool reach(void* event, Stream&) noexcept {
    auto& self = *static_cast<ProcessorEvent*>(event);
    self.time_ = std::chrono::steady_clock::now();
    self.reached_.store(true);
    self.reached_.notify_all();
    return true;
  }
  static bool hold(void* event, Stream&) noexcept { return static_cast<ProcessorEvent*>(event)->synchronize(); }

  std::chrono::steady_clock::time_point time_;
  std::atomic<bool> reached_{true};
};

int threads_of(int32_t asked) {
  return asked > 0 ? asked : cpu_info().usable_cores;
}

}  // namespace
}  // namespace tn::api

namespace tenon {

using tn::api::quiet;

Stream createStream(int32_t cpuThreads) noexcept {
  return createDeviceStream(Backend::kCPU, 0, cpuThreads);
}

Stream createDeviceStream(Backend backend, int32_t index, int32_t cpuThreads) noexcept {
  return quiet<Stream>(nullptr, [&]() -> Stream {
    if (cpuThreads < 0) return nullptr;
    const int threads = tn::api::threads_of(cpuThreads);
    if (backend == Backend::kCUDA) return new tn::Stream(threads, tn::cuda::open_device(index));
    return index == 0 ? new tn::Stream(threads) : nullptr;
  });
}

Stream wrapDeviceStream(Backend backend, int32_t index, void* native, int32_t cpuThreads) noexcept {
  return quiet<Stream>(nullptr, [&]() -> Stream {
    if (cpuThreads < 0 || backend != Backend::kCUDA) return nullptr;
    tn::Device& device = tn::cuda::open_device(index);
    return new tn::Stream(tn::api::threads_of(cpuThreads), device, device.adopt_queue(native));
  });
}

void destroyStream(Stream stream) noexcept {
  delete static_cast<tn::Stream*>(stream);
}

bool synchronizeStream(Stream stream) noexcept {
  return stream && static_cast<tn::Stream*>(stream)->synchronize();
}

char const* getStreamError(Stream stream) noexcept {
  return stream ? static_cast<tn::Stream*>(stream)->failure().data() : "";
}

bool queryStream(Stream stream) noexcept {
  return !stream || static_cast<tn::Stream*>(stream)->idle();
}

bool enqueueHostFunction(Stream stream, void (*function)(void*), void* argument) noexcept {
  return quiet(false, [&] {
    if (!stream || !function) return false;
    auto& inside = *static_cast<tn::Stream*>(stream);
    if (inside.queue()) return inside.queue()->call_host(function, argument).ok();
    auto call = std::make_unique<tn::api::HostFunction>(tn::api::HostFunction{function, argument});
    inside.enqueue(tn::api::call_host_function, call.release());
    return true;
  });
}

void setStreamSpinWait(Stream stream, bool spin) noexcept {
  if (stream) static_cast<tn::Stream*>(stream)->set_spin(spin);
}

bool enqueueCopy(Stream stream, void* to, void const* from, std::size_t size) noexcept {
  return quiet(false, [&] {
    if (!stream || ((!to || !from) && size > 0)) return false;
    auto& inside = *static_cast<tn::Stream*>(stream);
    if (inside.queue()) return inside.queue()->copy(to, from, size).ok();
    auto copy = std::make_unique<tn::api::Copy>(tn::api::Copy{to, from, size});
    inside.enqueue(tn::api::copy_on_host, copy.release());
    return true;
  });
}

IEvent* createEvent(Backend backend, int32_t index, bool spinWait) noexcept {
  return quiet<IEvent*>(nullptr, [&]() -> IEvent* {
    if (backend != Backend::kCUDA) return index == 0 ? new tn::api::ProcessorEvent : nullptr;
    return new tn::api::GpuEvent(tn::cuda::open_device(index).make_event(spinWait));
  });
}

}  // namespace tenon
