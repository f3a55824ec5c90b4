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

StreamHandle make_stream(const tenon::ICudaEngine& engine, const Options& options, int threads) {
  StreamHandle stream(tenon::createDeviceStream(engine.getBackend(), options.system.device, threads));
  if (stream == nullptr) throw Failure("a stream cannot be made");
  tenon::setStreamSpinWait(stream.get(), options.inference.spin_wait);
  return stream;
}

std::unique_ptr<tenon::IEvent> make_event(const tenon::ICudaEngine& engine, const Options& options) {
  const bool spin = options.inference.spin_wait;
  std::unique_ptr<tenon::IEvent> event(tenon::createEvent(engine.getBackend(), options.system.device, spin));
  if (event == nullptr) throw Failure("an event cannot be made");
  return event;
}

}  // namespace

Worker::Worker(tenon::ICudaEngine& engine, const Options& options, Console& console)
    : context(engine.createExecutionContext()), stream(make_stream(engine, options, threads_per_stream(options))) {
  require(context != nullptr);
  const int profiles = engine.getNbOptimizationProfiles(), profile = options.inference.profile;
  if (profile >= std::max(profiles, 1))
    throw Failure("--useProfile={}: the engine has {} profile{}", profile, profiles, profiles == 1 ? "" : "s");
  if (profile > 0) require(context->setOptimizationProfileAsync(profile, stream.get()));
  context->setDebugSync(options.inference.debug_sync);
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
  origin_ = make_event(engine, options);
  for (int i = 0; i < options_.streams; ++i) add_lane(engine, options, console);
}

void Benchmark::add_lane(tenon::ICudaEngine& engine, const Options& options, Console& console) {
  Lane lane;
  const Clock::time_point start = Clock::now();
  lane.worker = std::make_unique<Worker>(engine, options, console);
  context_seconds_ += to_ms(Clock::now() - start) / 1000;
  lane.bindings = std::make_unique<Bindings>(engine, *lane.worker->context, options, console);
  if (transfers_) {
    for (StreamHandle* stream : {&lane.upload, &lane.download}) *stream = make_stream(engine, options, 1);
  }
  const bool overlap = engine.getBackend() == tenon::Backend::kCUDA && !options_.expose_dma;
  lane.slots.resize(overlap ? 2 : 1);
  for (Slot& slot : lane.slots) {
    for (Event* event : {&slot.upload, &slot.uploaded, &slot.compute, &slot.computed, &slot.download, &slot.downloaded})
      *event = make_event(engine, options);
  }
  lane.bindings->upload(lane.worker->stream.get());
  lane.worker->wait();
  lanes_.push_back(std::move(lane));
}

size_t Benchmark::device_bytes() const {
  size_t bytes = 0;
  for (const Lane& lane : lanes_) bytes += lane.bindings->device_bytes();
  return bytes;
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
  Slot& slot = lane.slots[lane.next];
  tenon::Stream stream = lane.worker->stream.get();
  if (transfers_) {
    tenon::Stream upload = lane.upload.get();
    require(slot.upload->record(upload));
    lane.bindings->upload(upload);
    require(slot.uploaded->record(upload) && slot.uploaded->makeWait(stream));
  }
  if (options_.sleep_ms > 0)
    require(tenon::enqueueHostFunction(stream, pause, const_cast<InferenceOptions*>(&options_)));
  require(slot.compute->record(stream));
  slot.query.start_enqueue = now();
  require(lane.worker->context->enqueueV3(stream));
  slot.query.end_enqueue = now();
  require(slot.computed->record(stream));
  if (transfers_) {
    tenon::Stream download = lane.download.get();
    require(slot.computed->makeWait(download) && slot.download->record(download));
    lane.bindings->download(download);
    require(slot.downloaded->record(download));
  }
  slot.running = true;
  lane.next = (lane.next + 1) % lane.slots.size();
}

void Benchmark::finish(Lane& lane, Slot& slot) {
  if (!slot.running) return;
  slot.running = false;
  // A run that failed on the CPU is told by its stream alone; on a GPU the stream tells why.
  const bool by_event = lane.slots.size() > 1;
  if (!by_event || !(transfers_ ? slot.downloaded : slot.computed)->synchronize()) lane.worker->wait();
  Query& query = slot.query;
  if (transfers_ && !by_event) require(slot.downloaded->synchronize());
  if (first_run_seconds_ == 0.0) first_run_seconds_ = (now() - query.start_enqueue) / 1000;
  query.start_compute = slot.compute->getElapsedTime(*origin_);
  query.end_compute = query.start_compute + slot.computed->getElapsedTime(*slot.compute);
  query.start_h2d = query.end_h2d = query.start_compute;
  query.start_d2h = query.end_d2h = query.end_compute;
  if (transfers_) {
    query.start_h2d = slot.upload->getElapsedTime(*origin_);
    query.end_h2d = query.start_h2d + slot.uploaded->getElapsedTime(*slot.upload);
    query.start_d2h = slot.download->getElapsedTime(*origin_);
    query.end_d2h = query.start_d2h + slot.downloaded->getElapsedTime(*slot.download);
  }
  lane.done.push_back(query);
}

void Benchmark::finish_all(Lane& lane) {
  for (size_t i = 0; i < lane.slots.size(); ++i) finish(lane, lane.slots[(lane.next + i) % lane.slots.size()]);
}

/// One run per lane and round, until the phase is over. Lanes overlap; a lane's oldest run is waited for before its
/// next.
void Benchmark::drive(std::span<Lane> lanes, Phase phase) {
  const Clock::time_point start = Clock::now();
  const auto is_over = [&](int rounds) {
    const double elapsed = to_ms(Clock::now() - start);
    if (phase == Phase::WarmUp) return elapsed >= options_.warm_up_ms;
    return options_.duration_s >= 0 && rounds >= options_.iterations && elapsed >= 1000.0 * options_.duration_s;
  };
  for (int rounds = 0; !is_over(rounds); ++rounds) {
    for (Lane& lane : lanes) {
      finish(lane, lane.slots[lane.next]);
      launch(lane);
    }
    if (options_.idle_ms > 0) {
      for (Lane& lane : lanes) finish_all(lane);
      std::this_thread::sleep_for(milliseconds(options_.idle_ms));
    }
  }
  for (Lane& lane : lanes) finish_all(lane);
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
