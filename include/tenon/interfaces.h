// SPDX-License-Identifier: Apache-2.0
// What programs implement (logger, profiler, progress) and the memory that Tenon hands out.
//
// Rules of the whole interface:
//  - Objects are freed with `delete` (or a unique_ptr), in any order that keeps a maker alive as long as what it made:
//    a logger outlives everything, a runtime its engines, an engine its contexts, a builder its networks and configs.
//  - A call that fails returns nullptr, false or −1 and says why through the logger, in one message of Severity kERROR.
//  - Strings are UTF-8 and zero-terminated. A returned string belongs to the object it was asked from.
//  - Unless it says otherwise, an object is used by one thread at a time. ICudaEngine may be shared.
#pragma once

#include "tenon/types.h"

namespace tenon {

class INoCopy {
 public:
  virtual ~INoCopy() = default;
  INoCopy(INoCopy const&) = delete;
  INoCopy& operator=(INoCopy const&) = delete;

 protected:
  INoCopy() = default;
};

/// Receives messages. Calls come from any thread, also several at once, and must not throw.
class ILogger {
 public:
  enum class Severity : int32_t { kINTERNAL_ERROR = 0, kERROR = 1, kWARNING = 2, kINFO = 3, kVERBOSE = 4 };
  virtual void log(Severity severity, AsciiChar const* msg) noexcept = 0;
  ILogger() = default;
  virtual ~ILogger() = default;

 protected:
  ILogger(ILogger const&) = default;
  ILogger& operator=(ILogger const&) = default;
};

/// A block of bytes owned by Tenon, such as a serialized engine.
class IHostMemory : public INoCopy {
 public:
  virtual void* data() const noexcept = 0;
  virtual std::size_t size() const noexcept = 0;
  virtual DataType type() const noexcept = 0;
};

/// Receives the time of every layer, in execution order, after each profiled run.
class IProfiler {
 public:
  /// `ms`: time that the layer took in this run.
  virtual void reportLayerTime(char const* layerName, float ms) noexcept = 0;
  virtual ~IProfiler() noexcept = default;
};

/// Follows a build. Phases nest; calls come from the thread that builds.
class IProgressMonitor {
 public:
  IProgressMonitor() = default;
  virtual ~IProgressMonitor() noexcept = default;
  /// `parentPhase` is nullptr at the top; `nbSteps` is how many stepComplete calls to expect.
  virtual void phaseStart(char const* phaseName, char const* parentPhase, int32_t nbSteps) noexcept = 0;
  /// Step `step` of the phase (from 0) is done. Return false to stop the build, which then fails.
  virtual bool stepComplete(char const* phaseName, int32_t step) noexcept = 0;
  virtual void phaseFinish(char const* phaseName) noexcept = 0;
};

/// TENON_VERSION of the library in use, which may be newer than these headers.
TENON_API int32_t getInferLibVersion() noexcept;

}  // namespace tenon
