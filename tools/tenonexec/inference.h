// SPDX-License-Identifier: Apache-2.0
// The benchmark: contexts on streams, warm-up, measured runs.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <vector>

#include "tenon/runtime.h"
#include "tenonexec/bindings.h"
#include "tenonexec/console.h"
#include "tenonexec/options.h"
#include "tenonexec/timing.h"

namespace tenonexec {

struct DestroyStream {
  void operator()(void* stream) const { tenon::destroyStream(stream); }
};
using StreamHandle = std::unique_ptr<void, DestroyStream>;

/// A context that has its own stream. Throws Failure or Reported.
struct Worker {
  Worker(tenon::ICudaEngine& engine, const Options& options, Console& console);
  /// Runs once and waits.
  void run();

  std::unique_ptr<tenon::IExecutionContext> context;
  StreamHandle stream;
};

class Benchmark {
 public:
  Benchmark(tenon::ICudaEngine& engine, const Options& options, Console& console);
  /// Warm-up, then runs until both --iterations and --duration are reached. Layer times go to `profiler` where given.
  Trace run(tenon::IProfiler* profiler);
  /// Tensors of the first stream, as its last run left them.
  const Bindings& bindings() const { return *lanes_.front().bindings; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Stamps {
    Clock::time_point start_enqueue, end_enqueue, start_compute, end_compute;
  };
  /// The worker is last, so that its stream is done before the memory it writes goes away.
  struct Lane {
    Stamps stamps;
    std::vector<Stamps> done;
    bool running = false;
    std::unique_ptr<Bindings> bindings;
    std::unique_ptr<Worker> worker;
  };
  enum class Phase { WarmUp, Measure };

  void drive(std::span<Lane> lanes, Phase phase) const;
  void drive_all(Phase phase);
  void launch(Lane& lane) const;
  static void finish(Lane& lane);
  static Query to_query(const Stamps& stamps, Clock::time_point origin);

  const InferenceOptions& options_;
  std::vector<Lane> lanes_;
};

}  // namespace tenonexec
