// SPDX-License-Identifier: Apache-2.0
#include "tenonexec/inference.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <thread>

#include "tenonexec/engine_source.h"
#include "tenonexec/failure.h"
#include "tenonexec/ownership.h"

namespace tenonexec {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

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
    : context(engine.createExecutionContext()),
      stream(tenon::createDeviceStream(engine.getBackend(), options.system.device, threads_per_stream(options))) {
  require(context != nullptr);
  if (stream == nullptr) throw Failure("a stream cannot be made");
  const int profiles = engine.getNbOptimizationProfiles(), profile = options.inference.profile;
  if (profile >= std::max(profiles, 1))
    throw Failure("--useProfile={}: the engine has {} profile{}", profile, profiles, profiles == 1 ? "" : "s");
  if (profile > 0) require(context->setOptimizationProfileAsync(profile, stream.get()));
  tenon::setStreamSpinWait(stream.get(), options.inference.spin_wait);
  console.info("Created execution context with device memory size: {:.4g} MiB",
               static_cast<double>(engine.getDeviceMemorySizeV2()) / (1 << 20));
}

void Worker::wait() {
  if (tenon::synchronizeStream(stream.get())) return;
  const std::string_view reason = tenon::getStreamError(stream.get());
  if (!reason.empty()) throw Failure("{}", reason);
  throw Reported();
}

Benchmark::Benchmark(tenon::ICudaEngine& engine, const Options& options, Console& console)
    : options_(options.inference),
      transfers_(options.inference.transfers && engine.getBackend() == tenon::Backend::kCUDA) {
  const auto event = [&] {
    std::unique_ptr<tenon::IEvent> made(tenon::createEvent(engine.getBackend(), options.system.device));
    if (made == nullptr) throw Failure("an event cannot be made");
    return made;
  };
  origin_ = event();
  for (int i = 0; i < options_.streams; ++i) {
    Lane lane;
    lane.worker = std::make_unique<Worker>(engine, options, console);
    lane.bindings = std::make_unique<Bindings>(engine, *lane.worker->context, options, console);
    lane.points = {event(), event(), event(), event()};
    lane.bindings->upload(lane.worker->stream.get());
    lanes_.push_back(std::move(lane));
  }
}

double Benchmark::now() const {
  return to_ms(Clock::now() - host_origin_);
}

void Benchmark::set_origin() {
  Worker& worker = *lanes_.front().worker;
  require(origin_->record(worker.stream.get()));
  worker.wait();
  host_origin_ = Clock::now();
}

void Benchmark::launch(Lane& lane) const {
  tenon::Stream stream = lane.worker->stream.get();
  lane.query.start_enqueue = now();
  if (options_.sleep_ms > 0)
    require(tenon::enqueueHostFunction(stream, pause, const_cast<InferenceOptions*>(&options_)));
  if (transfers_) {
    require(lane.points.start->record(stream));
    lane.bindings->upload(stream);
  }
  require(lane.points.uploaded->record(stream));
  require(lane.worker->context->enqueueV3(stream));
  require(lane.points.computed->record(stream));
  if (transfers_) {
    lane.bindings->download(stream);
    require(lane.points.downloaded->record(stream));
  }
  lane.query.end_enqueue = now();
  lane.running = true;
}

void Benchmark::finish(Lane& lane) const {
  if (!lane.running) return;
  lane.running = false;
  lane.worker->wait();
  const Points& points = lane.points;
  Query& query = lane.query;
  query.start_h2d = (transfers_ ? points.start : points.uploaded)->getElapsedTime(*origin_);
  query.end_h2d = query.start_h2d + (transfers_ ? points.uploaded->getElapsedTime(*points.start) : 0);
  query.start_compute = query.end_h2d;
  query.end_compute = query.start_compute + points.computed->getElapsedTime(*points.uploaded);
  query.start_d2h = query.end_compute;
  query.end_d2h = query.start_d2h + (transfers_ ? points.downloaded->getElapsedTime(*points.computed) : 0);
  lane.done.push_back(query);
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

Trace Benchmark::run(tenon::IProfiler* profiler) {
  Trace trace;
  trace.streams = options_.streams;
  const Clock::time_point start = Clock::now();
  set_origin();
  if (options_.warm_up_ms > 0) drive_all(Phase::WarmUp);
  for (Lane& lane : lanes_) {
    trace.warm_up_queries += static_cast<int>(lane.done.size());
    lane.done.clear();
  }
  trace.warm_up_ms = to_ms(Clock::now() - start);
  lanes_.front().worker->context->setProfiler(profiler);
  set_origin();
  drive_all(Phase::Measure);
  lanes_.front().worker->context->setProfiler(nullptr);
  for (Lane& lane : lanes_) {
    trace.queries.insert(trace.queries.end(), lane.done.begin(), lane.done.end());
    lane.done.clear();
    lane.bindings->download(lane.worker->stream.get());
    lane.worker->wait();
  }
  std::sort(trace.queries.begin(), trace.queries.end(),
            [](const Query& a, const Query& b) { return a.start_compute < b.start_compute; });
  return trace;
}

}  // namespace tenonexec
