// SPDX-License-Identifier: Apache-2.0
// The benchmark: contexts on streams, warm-up, measured runs.
#pragma once

#include <atomic>
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

/// On a GPU, inputs and outputs are copied on streams of their own, and a lane gives its next run before the one before
/// it is done, as trtexec does: what is copied overlaps the computation. All runs of a lane use the same memory, which
/// does no harm, since they all have the same inputs. With --exposeDMA a lane waits for each run.
class Benchmark {
 public:
  Benchmark(tenon::ICudaEngine& engine, const Options& options, Console& console);
  /// Warm-up, then runs until both --iterations and --duration are reached. Layer times go to `profiler` where given.
  Trace run(tenon::IProfiler* profiler);
  /// Tensors of the first stream, as its last run left them.
  const Bindings& bindings() const { return *lanes_.front().bindings; }
  /// Of all lanes, in the memory of a GPU.
  size_t device_bytes() const;
  /// Seconds that making the contexts took, and the first run.
  double context_seconds() const { return context_seconds_; }
  double first_run_seconds() const { return first_run_seconds_; }

 private:
  using Clock = std::chrono::steady_clock;
  using Event = std::unique_ptr<tenon::IEvent>;
  /// A run that may be under way.
  struct Slot {
    Query query;
    bool running = false;
    Event upload, uploaded, compute, computed, download, downloaded;
  };
  /// The streams are last, so that they are done before the memory they write goes away.
  struct Lane {
    std::vector<Slot> slots;
    size_t next = 0;  ///< the oldest run of the slots, and the place of the next
    std::vector<Query> done;
    std::unique_ptr<Bindings> bindings;
    std::unique_ptr<Worker> worker;
    StreamHandle upload, download;  ///< where there are transfers
  };
  enum class Phase { WarmUp, Measure };

  void drive(std::span<Lane> lanes, Phase phase);
  void drive_all(Phase phase);
  void add_lane(tenon::ICudaEngine& engine, const Options& options, Console& console);
  void launch(Lane& lane) const;
  void finish(Lane& lane, Slot& slot);
  void finish_all(Lane& lane);
  /// Milliseconds since the origin.
  double now() const;
  void set_origin();

  const InferenceOptions& options_;
  bool transfers_;
  double context_seconds_ = 0;
  std::atomic<double> first_run_seconds_ = 0;
  Clock::time_point host_origin_;
  std::unique_ptr<tenon::IEvent> origin_;
  std::vector<Lane> lanes_;
};

}  // namespace tenonexec
