// SPDX-License-Identifier: Apache-2.0
#include "tuning/device_timer.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <limits>

#include "base/require.h"
#include "engine/plan_generated.h"
#include "exec/context.h"
#include "exec/device_engine.h"
#include "tuning/asking_compiler.h"
#include "tuning/device_stopwatch.h"

namespace tn {
namespace {

constexpr double kForever = std::numeric_limits<double>::infinity();

/// Passes work on. A graph does not learn from it what calls read and write, so that each waits for the one before it:
/// repeated calls, which read the same, would all run at once.
class InOrder final : public Queue {
 public:
  explicit InOrder(Queue& queue) : queue_(queue) {}
  Status launch(const Launch& launch) noexcept override { return queue_.launch(launch); }
  Status call(const LibraryCall& call, std::span<const uint64_t> arguments) noexcept override {
    return queue_.call(call, arguments);
  }
  Status copy(void* to, const void* from, size_t bytes) noexcept override { return queue_.copy(to, from, bytes); }
  Status wait(const Event& event) noexcept override { return queue_.wait(event); }
  Status call_host(void (*function)(void*), void* argument) noexcept override {
    return queue_.call_host(function, argument);
  }
  Status synchronize() noexcept override { return queue_.synchronize(); }
  void set_spin(bool spin) noexcept override { queue_.set_spin(spin); }
  bool idle() noexcept override { return queue_.idle(); }

 private:
  Queue& queue_;
};

/// How one way runs: so many times in a graph, or by itself where the host takes part.
struct Way {
  size_t first = 0, last = 0;  ///< its steps
  bool on_host = false;
  int times = 1;
  std::unique_ptr<LaunchGraph> graph;
  std::vector<double> microseconds;
};

}  // namespace

/// A region's ways on the device, ready to run.
class DeviceTimer::Bench {
 public:
  Bench(RegionPlan region, std::span<std::byte* const> inputs, std::span<const size_t> bytes, DeviceTimer& timer)
      : device_(*timer.target_.device->device),
        lane_(timer.lane_),
        weights_(region.weights.bytes().size(), "weights to be timed"),
        engine_(place(region, weights_)),
        context_(engine_, timer.target_.device->host_kernels, timer.target_.threads,
                 std::make_shared<const DeviceEngine>(*engine_, device_, timer.backend_.kernels)),
        stopwatch_(device_) {
    for (size_t i = 0; i < inputs.size(); ++i) {
      buffers_.push_back(device_.allocate(std::max<size_t>(bytes[i], 1), "timing inputs"));
      require(stopwatch_.queue().copy(buffers_.back()->data(), inputs[i], bytes[i]));
    }
    const auto& bindings = engine_->plan().bindings;
    for (size_t i = 0; i < bindings.size(); ++i) {
      const size_t input = i % inputs.size();
      const bool on_host = region.on_host[input];
      require(context_.set_address(static_cast<int>(i), on_host ? inputs[input] : buffers_[input]->data()));
    }
    require(context_.prepare());
    require(stopwatch_.queue().synchronize());
    size_t first = 0;
    const auto& steps = engine_->plan().profiles[0]->lists[0]->steps;
    for (const size_t end : region.ends) {
      Way& way = ways_.emplace_back();
      way.first = first;
      way.last = end;
      way.on_host =
          std::any_of(steps.begin() + static_cast<std::ptrdiff_t>(first),
                      steps.begin() + static_cast<std::ptrdiff_t>(end), [](const auto& step) { return step->host; });
      first = end;
    }
  }

  /// One replay of a way, which then runs `times` times in one. Microseconds of one time.
  Timing run(size_t index, int times) {
    Way& way = ways_[index];
    if (way.first == way.last) return {};
    double microseconds = 0;
    const Status status = way.on_host ? run_with_host(way, microseconds) : replay(way, times, microseconds);
    if (!status) return {kForever, status};
    return {microseconds / (way.on_host ? 1 : times), {}};
  }

  /// Whether the device takes more work.
  bool works() { return stopwatch_.queue().synchronize().ok(); }

 private:
  static std::shared_ptr<const EngineFile> place(RegionPlan& region, const HostBuffer& memory) {
    std::ranges::copy(region.weights.bytes(), memory.data());
    return EngineFile::from_plan(std::move(region.plan), memory.span());
  }

  Status run_with_host(const Way& way, double& microseconds) {
    const auto start = std::chrono::steady_clock::now();
    Status status = context_.enqueue_steps(way.first, way.last, lane_, &stopwatch_.queue());
    if (status) status = stopwatch_.queue().synchronize();
    microseconds = std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
    return status;
  }

  Status replay(Way& way, int times, double& microseconds) {
    if (!way.graph || way.times != times) {
      way.graph = device_.make_graph();
      way.times = times;
      InOrder recorder(way.graph->record());
      for (int i = 0; i < times; ++i) {
        if (Status status = context_.enqueue_steps(way.first, way.last, lane_, &recorder); !status) return status;
      }
      if (Status status = way.graph->finish(); !status) return status;
    }
    return stopwatch_.time(*way.graph, 1, microseconds);
  }

  Device& device_;
  Lane& lane_;
  HostBuffer weights_;
  std::shared_ptr<const EngineFile> engine_;
  Context context_;
  DeviceStopwatch stopwatch_;
  std::vector<std::unique_ptr<DeviceBuffer>> buffers_;
  std::vector<Way> ways_;
};

DeviceTimer::DeviceTimer(const Backend& backend, const Target& target, std::map<std::string, int64_t> opt, int repeats)
    : backend_(backend), target_(target), opt_(std::move(opt)), repeats_(std::max(1, repeats)), lane_(target.threads) {}

void DeviceTimer::expect(const Region& region, std::span<const Choice> ways) {
  plan_region(specialize(region, opt_), backend_, AskingTarget(target_).get(), ways);
}

std::vector<Timing> DeviceTimer::measure(const Region& region, std::span<const Choice> ways) {
  try {
    return measure_at_once(region, ways);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::OutOfMemory) throw;
    if (ways.size() == 1) return {{kForever, Status::failure(error)}};
  }
  std::vector<Timing> timings = measure(region, ways.first(ways.size() / 2));
  std::ranges::move(measure(region, ways.subspan(ways.size() / 2)), std::back_inserter(timings));
  return timings;
}

std::vector<Timing> DeviceTimer::measure_at_once(const Region& region, std::span<const Choice> ways) {
  constexpr double kHopeless = 1.5, kReplay = 400;  // microseconds
  constexpr int kMostTimes = 20;
  const Graph graph = specialize(region, opt_);
  std::vector<std::byte*> inputs;
  std::vector<size_t> bytes;
  for (const TensorId id : graph.inputs()) {
    const TensorType& type = graph.tensor(id).type;
    const int64_t elements = *product(type.dims).constant();
    inputs.push_back(inputs_.get(inputs.size(), type.type, elements));
    bytes.push_back(static_cast<size_t>(elements) * size_of(type.type));
  }
  Bench bench(plan_region(graph, backend_, target_, ways), inputs, bytes, *this);
  std::vector<Timing> result(ways.size());
  const auto run = [&](size_t way, int times) {
    const Timing timing = bench.run(way, times);
    if (timing.status) return timing.microseconds;
    if (timing.status.code() == ErrorCode::OutOfMemory) require(timing.status);
    if (!bench.works())
      throw Error(timing.status.code(), "layer '{}', {}: {}", region.node->name, name_of(ways[way]),
                  timing.status.message());
    result[way] = timing;
    return kForever;
  };
  // The first look wakes the device up and maps what the function needs.
  for (int look = 0; look < 3; ++look) {
    for (size_t way = 0; way < ways.size(); ++way) {
      if (!result[way].status) continue;
      const double time = run(way, look == 0 ? 1 : 4);
      result[way].microseconds = look == 0 ? time : std::min(result[way].microseconds, time);
    }
  }
  const double shortest = std::ranges::min(result, {}, &Timing::microseconds).microseconds;
  std::vector<std::vector<double>> times(ways.size());
  for (int round = 0; round < repeats_; ++round) {
    for (size_t way = 0; way < ways.size(); ++way) {
      if (!result[way].status || result[way].microseconds > kHopeless * shortest) continue;
      const int count = std::clamp(static_cast<int>(kReplay / std::max(shortest, 1.0)), 1, kMostTimes);
      times[way].push_back(run(way, count));
    }
  }
  for (size_t way = 0; way < ways.size(); ++way) {
    if (times[way].empty() || !result[way].status) continue;
    std::ranges::sort(times[way]);
    result[way].microseconds = times[way][times[way].size() / 4];
  }
  return result;
}

}  // namespace tn
