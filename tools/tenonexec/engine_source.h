// SPDX-License-Identifier: Apache-2.0
// Where the engine comes from: built from a model, or loaded from a file.
#pragma once

#include <memory>

#include "tenon/tenon.h"
#include "tenonexec/console.h"
#include "tenonexec/options.h"
#include "tenonexec/start_up.h"

namespace tenonexec {

struct LoadedEngine {
  std::unique_ptr<tenon::IRuntime> runtime;
  std::unique_ptr<tenon::ICudaEngine> engine;
  MemoryUse before;         ///< it was loaded
  double load_seconds = 0;  ///< how long that took
};

/// Builds and saves, or loads, as the options say. No engine where it was only to be built, for another GPU than those
/// here. Throws Failure or Reported.
LoadedEngine get_engine(const Options& options, Console& console);

/// --timeDeserialize: the average of 20 loads after one that does not count.
void time_deserialization(const Options& options, Console& console);

/// The version that wrote the plan file, "0.1.0". Throws Failure if it is no plan.
std::string plan_version(const std::string& path);

/// CPU threads of one of the streams.
int threads_per_stream(const Options& options);

}  // namespace tenonexec
