// SPDX-License-Identifier: Apache-2.0
// Devices and streams. Tenon's own names: there is no CUDA runtime to bring them along.
#pragma once

#include "tenon/interfaces.h"

namespace tenon {

/// What a device is; text fields are zero-terminated. Of a GPU: cores and threads are its multiprocessors.
struct DeviceInfo {
  Backend backend{Backend::kCPU};
  char name[128]{};      ///< model as the maker writes it
  char features[512]{};  ///< instruction sets that Tenon can use, separated by blanks; of a GPU its architecture
  int32_t cores{0};      ///< physical cores that this process may use
  int32_t threads{0};    ///< hardware threads that this process may use
  int64_t memoryBytes{0};
  int64_t l2Bytes{0};    ///< of one core
  int64_t l3Bytes{0};    ///< of the whole device
  double clockGHz{0.0};  ///< highest nominal clock; 0 where unknown
};

TENON_API int32_t getNbDevices(Backend backend) noexcept;
/// False where there is no such device.
TENON_API bool getDeviceInfo(Backend backend, int32_t index, DeviceInfo& info) noexcept;

/// Bytes of the device's memory, of the machine's on the CPU, that nothing uses, and all of them. False where there is
/// no such device.
TENON_API bool getDeviceMemoryInfo(Backend backend, int32_t index, std::size_t& free, std::size_t& total) noexcept;

/// Why there is no such device; empty where there is. Valid until the thread's next call.
TENON_API char const* getDeviceProblem(Backend backend, int32_t index) noexcept;

/// A queue of work that runs in order. On the CPU it owns a team of threads. Where a call takes a stream, nullptr means
/// the context's own queue, used synchronously.
using Stream = void*;

/// A stream with `cpuThreads` worker threads; 0 takes one per physical core. nullptr if the threads cannot be started.
TENON_API Stream createStream(int32_t cpuThreads = 0) noexcept;
/// A stream of any device. On a GPU work is given to it by the calling thread; `cpuThreads` is for layers that run on
/// the host. nullptr if there is no such device.
TENON_API Stream createDeviceStream(Backend backend, int32_t index, int32_t cpuThreads = 0) noexcept;
/// A stream over one that the program has made by itself: a cudaStream_t (or CUstream) of that GPU's primary context,
/// which is the context that CUDA's runtime uses; nullptr is its default stream. Runs and copies given to the result
/// take their place among the program's own work there. destroyStream() leaves the native stream, which must outlive
/// the result. nullptr if there is no such GPU.
TENON_API Stream wrapDeviceStream(Backend backend, int32_t index, void* native, int32_t cpuThreads = 0) noexcept;
/// Waits for the stream's work, then frees it. nullptr is allowed.
TENON_API void destroyStream(Stream stream) noexcept;
/// Waits until everything enqueued so far is done. False if a run failed since the last call; the logger has the
/// reason.
TENON_API bool synchronizeStream(Stream stream) noexcept;
/// What a GPU reported when synchronizeStream last failed; empty if it did not, or on the CPU.
TENON_API char const* getStreamError(Stream stream) noexcept;
/// True when nothing is left to do. Never waits.
TENON_API bool queryStream(Stream stream) noexcept;
/// Calls function(argument) once the work enqueued before it is done and before any that is enqueued later. The
/// function holds the stream up while it runs, and must not call into Tenon or CUDA.
TENON_API bool enqueueHostFunction(Stream stream, void (*function)(void*), void* argument) noexcept;
/// Whether waiting threads spin for long (true: lowest latency) or go to sleep soon (false, the default). For a GPU
/// the driver decides until this is called.
TENON_API void setStreamSpinWait(Stream stream, bool spin) noexcept;

enum class MemoryKind : int32_t {
  kDEVICE = 0,   ///< where the device computes
  kHOST = 1,     ///< the host's, and fast to copy from and to the device (pinned)
  kMANAGED = 2,  ///< for both: a GPU's driver moves it to where it is used
};

/// Memory, freed by the destructor. On the CPU all kinds are the same.
class IDeviceMemory : public INoCopy {
 public:
  /// On a GPU not to be read by the host if it is kDEVICE.
  virtual void* data() const noexcept = 0;
  virtual std::size_t size() const noexcept = 0;
};
/// 64-byte aligned or better, not initialized. nullptr, with a message that names the size and what is free, if there
/// is no such memory.
TENON_API IDeviceMemory* createDeviceMemory(ILogger& logger, Backend backend, int32_t index, MemoryKind kind,
                                            std::size_t size) noexcept;
/// Copies in the order of the stream's work, between any two places, on the host or on the stream's device. The places
/// must stay until that is done.
TENON_API bool enqueueCopy(Stream stream, void* to, void const* from, std::size_t size) noexcept;

/// A point in a stream's work.
class IEvent : public INoCopy {
 public:
  virtual bool record(Stream stream) noexcept = 0;
  /// Waits until the point that was recorded last is reached.
  virtual bool synchronize() noexcept = 0;
  /// Holds back what is given to `stream`, another one of the device, from now on until the point that was recorded
  /// last is reached. The event must stay until then. Returns at once.
  virtual bool makeWait(Stream stream) const noexcept = 0;
  /// Milliseconds from `start`, an event of the same device, to this one; both are reached. NaN if they cannot be told.
  virtual double getElapsedTime(IEvent const& start) const noexcept = 0;
};
/// `spinWait`: whether synchronize() waits actively, on a GPU. nullptr if there is no such device.
TENON_API IEvent* createEvent(Backend backend, int32_t index, bool spinWait = true) noexcept;

}  // namespace tenon
