// SPDX-License-Identifier: Apache-2.0
// What it takes until an engine gives results: time, and memory above that of a bare device.
#pragma once

#include <cstddef>
#include <string>

#include "tenon/tenon.h"
#include "tenonexec/options.h"

namespace tenonexec {

/// Memory in use, in bytes: of a GPU by everybody, of the host by this process.
struct MemoryUse {
  size_t gpu = 0, host = 0;
  /// Of the device and of the process now. `gpu` is 0 where the engine is not for one.
  static MemoryUse now(const Options& options);
};

/// Seconds of the steps to the first result.
struct StartUp {
  double load = 0, contexts = 0, first_run = 0;
};

/// "Start-up: engine 0.05 s, contexts 0.1 s, first run 0.002 s"
std::string format_start_up(const StartUp& start_up);

/// What was taken since `before`, split into what it is for. `bindings` are bytes on the device.
std::string format_memory(const MemoryUse& before, const MemoryUse& now, const tenon::ICudaEngine& engine, int contexts,
                          size_t bindings);

}  // namespace tenonexec
