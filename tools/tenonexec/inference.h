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
  /// Waits for the stream. Throws Reported or, with what a GPU said, Failure.
  void wait();

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
  /// Points in a lane's stream. Computation begins with the end of the transfer before it.
  struct Points {
    std::unique_ptr<tenon::IEvent> start, uploaded, computed, downloaded;
  };
  /// The worker is last, so that its stream is done before the memory it writes goes away.
  struct Lane {
    Query query;  ///< the run that is under way
    std::vector<Query> done;
    bool running = false;
    Points points;
    std::unique_ptr<Bindings> bindings;
    std::unique_ptr<Worker> worker;
  };
  enum class Phase { WarmUp, Measure };

  void drive(std::span<Lane> lanes, Phase phase) const;
  void drive_all(Phase phase);
  void launch(Lane& lane) const;
  void finish(Lane& lane) const;
  /// Milliseconds since the origin.
  double now() const;
  void set_origin();

  const InferenceOptions& options_;
  bool transfers_;
  Clock::time_point host_origin_;
  std::unique_ptr<tenon::IEvent> origin_;
  std::vector<Lane> lanes_;
};

}  // namespace tenonexec
