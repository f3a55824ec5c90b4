// SPDX-License-Identifier: Apache-2.0
// Devices and streams. Tenon's own names: there is no CUDA runtime to bring them along.
#pragma once

#include "tenon/types.h"

namespace tenon {

/// What a device is; text fields are zero-terminated.
struct DeviceInfo {
  Backend backend{Backend::kCPU};
  char name[128]{};      ///< model as the maker writes it
  char features[512]{};  ///< instruction sets that Tenon can use, separated by blanks
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

/// A queue of work that runs in order. On the CPU it owns a team of threads. Where a call takes a stream, nullptr means
/// the context's own queue, used synchronously.
using Stream = void*;

/// A stream with `cpuThreads` worker threads; 0 takes one per physical core. nullptr if the threads cannot be started.
TENON_API Stream createStream(int32_t cpuThreads = 0) noexcept;
/// Waits for the stream's work, then frees it. nullptr is allowed.
TENON_API void destroyStream(Stream stream) noexcept;
/// Waits until everything enqueued so far is done. False if a run failed since the last call; the logger has the
/// reason.
TENON_API bool synchronizeStream(Stream stream) noexcept;
/// True when nothing is left to do. Never waits.
TENON_API bool queryStream(Stream stream) noexcept;
/// Calls function(argument) once the work enqueued before it is done and before any that is enqueued later. The
/// function holds the stream up while it runs, and must not call into Tenon.
TENON_API bool enqueueHostFunction(Stream stream, void (*function)(void*), void* argument) noexcept;
/// Whether waiting threads spin for long (true: lowest latency) or go to sleep soon (false, the default).
TENON_API void setStreamSpinWait(Stream stream, bool spin) noexcept;

}  // namespace tenon
