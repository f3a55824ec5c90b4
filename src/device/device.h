// SPDX-License-Identifier: Apache-2.0
// An accelerator with memory and queues of its own, as the executor sees it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/status.h"

namespace tn {

/// One call of a loaded function.
struct Launch {
  void* function = nullptr;
  std::array<uint32_t, 3> grid{1, 1, 1};
  std::array<uint32_t, 3> block{1, 1, 1};
  uint32_t shared_bytes = 0;  ///< dynamic
  uint32_t cluster = 1;       ///< blocks along x that run together
  /// It may start before the call ahead of it has ended, and waits by itself before it touches what that may touch.
  bool overlaps = false;
  std::span<const uint64_t> arguments;  ///< one per parameter, each of 8 bytes; copied by the call
};

class Event;

/// Work that a library puts into a queue of the device by itself.
class LibraryCall {
 public:
  virtual ~LibraryCall() = default;
  virtual const char* name() const noexcept = 0;  ///< of the kernel that makes the call
  /// `stream` is the queue as the device's own interface knows it; the calling thread has been made the device's.
  /// `arguments` are those of Queue::call.
  virtual Status enqueue(void* stream, std::span<const uint64_t> arguments) const noexcept = 0;
};

/// Work that a device does in order. Used by one thread at a time. Nothing allocates host memory.
class Queue {
 public:
  virtual ~Queue() = default;
  /// A grid with an empty axis is no work.
  virtual Status launch(const Launch& launch) noexcept = 0;
  /// Begins when all work ahead of it has ended, and nothing behind it begins before its end. The arguments are copied;
  /// `call` must live as long as what it is recorded in.
  virtual Status call(const LibraryCall& call, std::span<const uint64_t> arguments) noexcept = 0;
  /// Between any two places, on the host (pinned or not) or on the device.
  virtual Status copy(void* to, const void* from, size_t bytes) noexcept = 0;
  /// What follows waits for what `event` recorded last, in this queue or in another of the device.
  virtual Status wait(const Event& event) noexcept = 0;
  /// Calls function(argument) on a thread of the driver's when the work so far is done; what follows waits for it. The
  /// function must not use the device.
  virtual Status call_host(void (*function)(void*), void* argument) noexcept = 0;
  /// Waits for all work; fails with what went wrong in any of it.
  virtual Status synchronize() noexcept = 0;
  /// Whether synchronize() spins until the work is done or sleeps meanwhile; until this is called the driver decides.
  virtual void set_spin(bool spin) noexcept = 0;
  /// Whether no work is left. Never waits.
  virtual bool idle() noexcept = 0;
};

/// Work recorded once and run as a whole. Recording again with the same calls in the same order (other sizes, addresses
/// and arguments) changes the graph in place.
class LaunchGraph {
 public:
  virtual ~LaunchGraph() = default;
  /// Takes calls until finish(); they do not run.
  virtual Queue& record() noexcept = 0;
  virtual Status finish() noexcept = 0;
  virtual Status run(Queue& queue) noexcept = 0;
};

/// A point in a queue's work.
class Event {
 public:
  virtual ~Event() = default;
  virtual Status record(Queue& queue) noexcept = 0;
  virtual Status wait() noexcept = 0;
  /// Milliseconds since `start`; both have been reached.
  virtual Status since(const Event& start, double& milliseconds) noexcept = 0;
};

enum class MemoryKind : uint8_t {
  Device,
  Pinned,   ///< the host's, and fast to copy from and to the device
  Managed,  ///< both may use it: the driver moves it to where it is used
};

/// What memory is for, and what would help where there is none.
struct MemoryPurpose {
  MemoryPurpose(const char* what_in, const char* help_in = "ending other programs on the device would help")
      : what(what_in), help(help_in) {}
  const char* what;  ///< "activations and workspace"
  const char* help;
};

class DeviceBuffer {
 public:
  virtual ~DeviceBuffer() = default;
  std::byte* data() const { return data_; }
  size_t size() const { return size_; }

 protected:
  std::byte* data_ = nullptr;
  size_t size_ = 0;
};

/// Thread-safe. Lives as long as the process.
class Device {
 public:
  virtual ~Device() = default;
  virtual std::string name() const = 0;          ///< "NVIDIA H200"
  virtual std::string architecture() const = 0;  ///< "sm_90": what its functions are compiled for
  virtual std::string version() const = 0;       ///< of the driver
  virtual int multiprocessors() const = 0;
  virtual size_t memory_bytes() const = 0;
  virtual size_t free_memory_bytes() = 0;
  /// Makes the calling thread the device's, as libraries expect it. False where libraries have no device to run on.
  /// Throws Error as the device does.
  virtual bool enter_for_libraries() { return false; }
  /// 256-byte aligned. Throws Error(OutOfMemory) naming the size, the purpose, what is free, and what would help.
  virtual std::unique_ptr<DeviceBuffer> allocate(MemoryKind kind, size_t bytes, const MemoryPurpose& purpose) = 0;
  std::unique_ptr<DeviceBuffer> allocate(size_t bytes, const MemoryPurpose& purpose) {
    return allocate(MemoryKind::Device, bytes, purpose);
  }
  virtual std::unique_ptr<Queue> make_queue() = 0;
  /// A queue over one that the program has made with the maker's own interface (of CUDA: a CUstream of the device's
  /// primary context; null is its default stream). It must outlive the result.
  virtual std::unique_ptr<Queue> adopt_queue(void* native) = 0;
  virtual std::unique_ptr<LaunchGraph> make_graph() = 0;
  /// `spins`: how wait() waits.
  virtual std::unique_ptr<Event> make_event(bool spins = true) = 0;
  /// The function `entry` of a compiled image, loaded as long as anybody holds it and shared by all who do. Lets it use
  /// `shared_bytes` of dynamic memory. Throws Error(InvalidEngine, OutOfMemory) naming the entry and what the driver
  /// says.
  virtual std::shared_ptr<void> load(std::span<const std::byte> image, const std::string& entry,
                                     uint32_t shared_bytes) = 0;
};

}  // namespace tn
