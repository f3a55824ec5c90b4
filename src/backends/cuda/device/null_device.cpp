// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/device/null_device.h"

#include <cstring>
#include <utility>

#include "backends/cuda/device/architecture.h"
#include "backends/cuda/device/images.h"
#include "backends/cuda/device/recording.h"
#include "base/error.h"
#include "base/os/memory.h"
#include "device/buffer.h"

namespace tn::cuda {

class NullQueue final : public Queue {
 public:
  explicit NullQueue(NullDevice& device) : device_(device) {}
  Status launch(const Launch& launch) noexcept override { return device_.launch(launch); }
  Status call(const LibraryCall& call, std::span<const uint64_t> arguments) noexcept override {
    if (!device_.writes_) return {};
    NullDevice::Call made;
    made.entry = call.name();
    made.arguments.assign(arguments.begin(), arguments.end());
    device_.ran(std::move(made));
    return {};
  }
  Status copy(void* to, const void* from, size_t bytes) noexcept override {
    if (Status status = device_.finish(); !status) return status;
    device_.copy(to, from, bytes);
    return {};
  }
  Status wait(const Event&) noexcept override { return {}; }
  Status call_host(void (*function)(void*), void* argument) noexcept override {
    if (Status status = device_.finish(); !status) return status;
    function(argument);
    return {};
  }
  Status synchronize() noexcept override { return device_.finish(); }
  void set_spin(bool) noexcept override {}
  bool idle() noexcept override { return true; }

 private:
  NullDevice& device_;
};

namespace {

class NullGraph final : public LaunchGraph {
 public:
  Queue& record() noexcept override {
    recording_.clear();
    return recording_;
  }
  Status finish() noexcept override { return {}; }
  Status run(Queue& queue) noexcept override {
    for (const Recording::Call& call : recording_.calls()) {
      if (Status status = run(call, queue); !status) return status;
    }
    return {};
  }

 private:
  Status run(const Recording::Call& call, Queue& queue) const noexcept {
    const auto arguments = recording_.arguments(call);
    switch (call.kind) {
      case Recording::Kind::Copy:
        return queue.copy(call.to, call.from, call.bytes);
      case Recording::Kind::Library:
        return queue.call(*call.library, arguments);
      case Recording::Kind::Launch:
        break;
    }
    return queue.launch(
        {call.function, call.grid, call.block, call.shared_bytes, call.cluster, call.overlaps, arguments});
  }

  Recording recording_;
};

class NullEvent final : public Event {
 public:
  explicit NullEvent(const NullDevice& device) : device_(device) {}
  Status record(Queue& queue) noexcept override {
    time_ = device_.microseconds();
    return queue.synchronize();
  }
  Status wait() noexcept override { return {}; }
  Status since(const Event& start, double& milliseconds) noexcept override {
    milliseconds = static_cast<double>(time_ - static_cast<const NullEvent&>(start).time_) / 1000;
    return {};
  }

 private:
  const NullDevice& device_;
  int64_t time_ = 0;
};

class NullBuffer final : public DeviceBuffer {
 public:
  NullBuffer(size_t bytes, const MemoryPurpose& purpose) : memory_(bytes, purpose.what) {
    data_ = memory_.data();
    size_ = bytes;
  }

 private:
  HostBuffer memory_;
};

}  // namespace

std::vector<NullDevice::Call> NullDevice::take_calls() {
  const std::lock_guard lock(mutex_);
  return std::exchange(calls_, {});
}

Status NullDevice::launch(const Launch& launch) noexcept {
  if (!writes_) return {};
  ran({*static_cast<const std::string*>(launch.function),
       launch.grid,
       launch.block,
       launch.shared_bytes,
       launch.cluster,
       launch.overlaps,
       {launch.arguments.begin(), launch.arguments.end()}});
  return {};
}

void NullDevice::copy(void* to, const void* from, size_t bytes) noexcept {
  std::memmove(to, from, bytes);
}

int64_t NullDevice::microseconds() const {
  const std::lock_guard lock(mutex_);
  return microseconds_;
}

void NullDevice::ran(Call call) {
  const std::lock_guard lock(mutex_);
  microseconds_ += time_of_(call, calls_.empty() ? nullptr : &calls_.back());
  calls_.push_back(std::move(call));
}

size_t NullDevice::memory_bytes() const {
  return static_cast<size_t>(physical_memory_bytes());
}

std::unique_ptr<DeviceBuffer> NullDevice::allocate(MemoryKind, size_t bytes, const MemoryPurpose& purpose) {
  return std::make_unique<NullBuffer>(bytes, purpose);
}
std::unique_ptr<Queue> NullDevice::make_queue() {
  return std::make_unique<NullQueue>(*this);
}
std::unique_ptr<Queue> NullDevice::adopt_queue(void*) {
  return make_queue();
}
std::unique_ptr<LaunchGraph> NullDevice::make_graph() {
  return std::make_unique<NullGraph>();
}
std::unique_ptr<Event> NullDevice::make_event(bool) {
  return std::make_unique<NullEvent>(*this);
}

std::shared_ptr<void> NullDevice::load(std::span<const std::byte> image, const std::string& entry,
                                       uint32_t shared_bytes) {
  if (const uint32_t most = most_shared_bytes(architecture_); shared_bytes > most)
    throw Error(ErrorCode::InvalidEngine, "'{}' wants {} bytes of shared memory; a block of {} has {}", entry,
                shared_bytes, architecture_, most);
  image_for(image, architecture_);
  const std::lock_guard lock(mutex_);
  return {std::shared_ptr<void>(), &functions_.try_emplace(entry, entry).first->second};
}

}  // namespace tn::cuda
