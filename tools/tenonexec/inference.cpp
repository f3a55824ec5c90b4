// SPDX-License-Identifier: Apache-2.0
#include "tenonexec/inference.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <thread>

#include "tenonexec/engine_source.h"
#include "tenonexec/failure.h"

namespace tenonexec {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

void stamp(void* time_point) {
  *static_cast<Clock::time_point*>(time_point) = Clock::now();
}

void pause(void* options) {
  std::this_thread::sleep_for(milliseconds(static_cast<const InferenceOptions*>(options)->sleep_ms));
}

double to_ms(Clock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

void require(bool done) {
  if (!done) throw Reported();
}

}  // namespace

Worker::Worker(tenon::ICudaEngine& engine, const Options& options, Console& console)
    : context(engine.createExecutionContext()), stream(tenon::createStream(threads_per_stream(options))) {
  require(context != nullptr && stream != nullptr);
  const int profiles = engine.getNbOptimizationProfiles(), profile = options.inference.profile;
  if (profile >= std::max(profiles, 1))
    throw Failure("--useProfile={}: the engine has {} profile{}", profile, profiles, profiles == 1 ? "" : "s");
  if (profile > 0) require(context->setOptimizationProfileAsync(profile, stream.get()));
  tenon::setStreamSpinWait(stream.get(), options.inference.spin_wait);
  console.info("Created execution context with device memory size: {:.4g} MiB",
               static_cast<double>(engine.getDeviceMemorySizeV2()) / (1 << 20));
}

void Worker::run() {
  require(context->enqueueV3(stream.get()) && tenon::synchronizeStream(stream.get()));
}

Benchmark::Benchmark(tenon::ICudaEngine& engine, const Options& options, Console& console)
    : options_(options.inference) {
  for (int i = 0; i < options_.streams; ++i) {
    Lane lane;
    lane.worker = std::make_unique<Worker>(engine, options, console);
    lane.bindings = std::make_unique<Bindings>(engine, *lane.worker->context, options_, console);
    lanes_.push_back(std::move(lane));
  }
}

/// The stamps around the computation are taken by the stream itself.
void Benchmark::launch(Lane& lane) const {
  tenon::Stream stream = lane.worker->stream.get();
  lane.stamps.start_enqueue = Clock::now();
  if (options_.sleep_ms > 0)
    require(tenon::enqueueHostFunction(stream, pause, const_cast<InferenceOptions*>(&options_)));
  require(tenon::enqueueHostFunction(stream, stamp, &lane.stamps.start_compute));
  require(lane.worker->context->enqueueV3(stream));
  require(tenon::enqueueHostFunction(stream, stamp, &lane.stamps.end_compute));
  lane.stamps.end_enqueue = Clock::now();
  lane.running = true;
}

void Benchmark::finish(Lane& lane) {
  if (!lane.running) return;
  lane.running = false;
  require(tenon::synchronizeStream(lane.worker->stream.get()));
  lane.done.push_back(lane.stamps);
}

/// One run per lane and round, until the phase is over. Lanes overlap; a lane is waited for before its next run.
void Benchmark::drive(std::span<Lane> lanes, Phase phase) const {
  const Clock::time_point start = Clock::now();
  const auto is_over = [&](int rounds) {
    const double elapsed = to_ms(Clock::now() - start);
    if (phase == Phase::WarmUp) return elapsed >= options_.warm_up_ms;
    return options_.duration_s >= 0 && rounds >= options_.iterations && elapsed >= 1000.0 * options_.duration_s;
  };
  for (int rounds = 0; !is_over(rounds); ++rounds) {
    for (Lane& lane : lanes) {
      finish(lane);
      launch(lane);
    }
    if (options_.idle_ms > 0) {
      for (Lane& lane : lanes) finish(lane);
      std::this_thread::sleep_for(milliseconds(options_.idle_ms));
    }
  }
  for (Lane& lane : lanes) finish(lane);
}

void Benchmark::drive_all(Phase phase) {
  if (!options_.threads) return drive(lanes_, phase);
  std::mutex mutex;
  std::exception_ptr first_error;
  {
    std::vector<std::jthread> threads;
    for (Lane& lane : lanes_)
      threads.emplace_back([&] {
        try {
          drive(std::span(&lane, 1), phase);
        } catch (...) {
          const std::lock_guard lock(mutex);
          if (!first_error) first_error = std::current_exception();
        }
      });
  }
  if (first_error) std::rethrow_exception(first_error);
}

Query Benchmark::to_query(const Stamps& stamps, Clock::time_point origin) {
  Query query;
  query.start_enqueue = to_ms(stamps.start_enqueue - origin);
  query.end_enqueue = to_ms(stamps.end_enqueue - origin);
  query.start_compute = to_ms(stamps.start_compute - origin);
  query.end_compute = to_ms(stamps.end_compute - origin);
  query.start_h2d = query.end_h2d = query.start_compute;
  query.start_d2h = query.end_d2h = query.end_compute;
  return query;
}

Trace Benchmark::run(tenon::IProfiler* profiler) {
  Trace trace;
  trace.streams = options_.streams;
  const Clock::time_point start = Clock::now();
  if (options_.warm_up_ms > 0) drive_all(Phase::WarmUp);
  for (Lane& lane : lanes_) {
    trace.warm_up_queries += static_cast<int>(lane.done.size());
    lane.done.clear();
  }
  trace.warm_up_ms = to_ms(Clock::now() - start);
  lanes_.front().worker->context->setProfiler(profiler);
  const Clock::time_point origin = Clock::now();
  drive_all(Phase::Measure);
  lanes_.front().worker->context->setProfiler(nullptr);
  for (Lane& lane : lanes_) {
    for (const Stamps& stamps : lane.done) trace.queries.push_back(to_query(stamps, origin));
    lane.done.clear();
  }
  std::sort(trace.queries.begin(), trace.queries.end(),
            [](const Query& a, const Query& b) { return a.start_compute < b.start_compute; });
  return trace;
}

}  // namespace tenonexec
