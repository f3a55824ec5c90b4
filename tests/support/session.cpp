// SPDX-License-Identifier: Apache-2.0
#include "support/session.h"

#include <algorithm>
#include <chrono>

#include "backends/cpu/device/kernel_table.h"
#include "backends/cpu/tactics/table.h"
#include "backends/cuda/device/devices.h"
#include "backends/cuda/device/kernel_table.h"
#include "backends/cuda/tactics/table.h"
#include "base/error.h"
#include "base/os/cpu.h"
#include "base/require.h"
#include "engine/plan_generated.h"
#include "support/poisoned_device.h"

namespace tn::test {
namespace {

Place& place() {
  static Place where;
  return where;
}

std::shared_ptr<const EngineFile> build(Graph graph, const std::map<std::string, Value>& inputs, int threads,
                                        bool timing, std::set<std::string, std::less<>> disabled_passes = {}) {
  BuilderConfig config;
  config.disabled_passes = std::move(disabled_passes);
  config.threads = threads;
  config.timing = timing;
  config.backend = place().backend;
  config.fp16 = place().fp16;
  config.tf32 = place().tf32;
  config.preferred_tactic = place().preferred_tactic;
  config.accelerator = place().device;
  config.compiler = place().compiler;
  OptimizationProfile profile;
  for (const TensorId id : graph.inputs()) {
    const std::string& name = graph.tensor(id).name;
    const auto found = inputs.find(name);
    if (found == inputs.end()) throw Error(ErrorCode::InvalidArgument, "no value for input '{}'", name);
    profile[name] = {found->second.dims, found->second.dims, found->second.dims};
  }
  config.profiles = {profile};
  SilentLogger logger;
  TimingCache cache;
  return EngineFile::from_bytes(build_engine(std::move(graph), config, logger, cache));
}

// Where build_and_run() runs; null on the processor.
Device* device_of_place() {
  if (place().backend == BuildBackend::Cpu) return nullptr;
  static PoisonedDevice device(place().device ? *place().device : cuda::open_device(0));
  return &device;
}

/// A context with its addresses set, and the outputs they point at.
class Ready {
 public:
  explicit Ready(const std::shared_ptr<const EngineFile>& engine, const std::map<std::string, Value>& inputs,
                 Device* device, int threads)
      : device_(device ? std::make_shared<const DeviceEngine>(*engine, *device, cuda::find_kernel) : nullptr),
        queue_(device_ ? device_->device().make_queue() : nullptr),
        context(engine, cpu::find_kernel, threads, device_),
        lane_(threads) {
    const auto& bindings = engine->plan().bindings;
    outputs.reserve(bindings.size());
    for (size_t i = 0; i < bindings.size(); ++i) {
      const int binding = static_cast<int>(i);
      if (bindings[i]->is_input) {
        const Value& value = inputs.at(bindings[i]->name);
        require(context.set_input_shape(binding, value.dims));
        // An empty tensor still needs an address.
        static std::byte nothing;
        std::byte* bytes = value.bytes.empty() ? &nothing : const_cast<std::byte*>(value.bytes.data());
        require(
            context.set_address(binding, context.holds_extents(binding) ? bytes : placed(bytes, value.bytes.size())));
        continue;
      }
      Value value;
      value.type = static_cast<DataType>(bindings[i]->type);
      value.bytes.resize(context.max_bytes(binding) + 1, std::byte{0xff});
      outputs.push_back(std::move(value));
      require(context.set_address(binding, placed(outputs.back().bytes.data(), outputs.back().bytes.size())));
      results_.push_back(device_ ? buffers_.back()->data() : nullptr);
    }
  }

  /// The outputs of the last run, with their shapes.
  std::vector<Value> results() {
    const auto& bindings = context.engine().plan().bindings;
    size_t next = 0;
    for (size_t i = 0; i < bindings.size(); ++i) {
      if (!bindings[i]->is_input) require(context.shape(static_cast<int>(i), outputs[next++].dims));
    }
    return std::move(outputs);
  }

  /// Waits for the results.
  void run() {
    require(context.run(lane_, queue_.get()));
    for (size_t i = 0; i < outputs.size() && queue_; ++i)
      require(queue_->copy(outputs[i].bytes.data(), results_[i], outputs[i].bytes.size()));
    if (queue_) require(queue_->synchronize());
  }

 private:
  // Where the context finds the bytes.
  std::byte* placed(std::byte* bytes, size_t size) {
    if (!device_) return bytes;
    buffers_.push_back(device_->device().allocate(std::max<size_t>(size, 1), "test"));
    require(queue_->copy(buffers_.back()->data(), bytes, size));
    return buffers_.back()->data();
  }

  std::shared_ptr<const DeviceEngine> device_;
  std::unique_ptr<Queue> queue_;
  std::vector<std::unique_ptr<DeviceBuffer>> buffers_;
  std::vector<std::byte*> results_;

 public:
  Context context;
  std::vector<Value> outputs;

 private:
  Lane lane_;
};

class StepTimes final : public StepObserver {
 public:
  void step_done(const plan::StepT& step, double milliseconds) noexcept override { times[step.name] = milliseconds; }
  std::map<std::string, double> times;
};

}  // namespace

void set_place(const Place& where) {
  place() = where;
}

const Backend& place_backend() {
  return place().backend == BuildBackend::Cpu ? cpu::backend() : cuda::backend();
}

Target place_target() {
  Target target;
  target.features = cpu_info().features;
  if (place().backend == BuildBackend::Cpu) return target;
  static DeviceTarget device;
  device.architecture = (place().device ? *place().device : cuda::open_device(0)).architecture();
  device.allow_tf32 = place().tf32;
  target.device = &device;
  return target;
}

std::vector<Value> build_and_run(Graph graph, const std::map<std::string, Value>& inputs, int threads,
                                 double* milliseconds, std::set<std::string, std::less<>> disabled_passes) {
  const auto engine = build(std::move(graph), inputs, threads, milliseconds != nullptr, std::move(disabled_passes));
  Ready ready(engine, inputs, device_of_place(), threads);
  ready.run();
  if (milliseconds) {
    const auto start = std::chrono::steady_clock::now();
    ready.run();
    *milliseconds = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  }
  return ready.results();
}

std::vector<Value> run(const std::shared_ptr<const EngineFile>& engine, const std::map<std::string, Value>& inputs,
                       Device* device, int threads) {
  Ready ready(engine, inputs, device, threads);
  ready.run();
  return ready.results();
}

void print_steps(Graph graph, const std::map<std::string, Value>& inputs) {
  const auto engine = build(std::move(graph), inputs, 1, true);
  Ready ready(engine, inputs, device_of_place(), 1);
  ready.run();
  StepTimes observer;
  ready.context.set_observer(&observer);
  ready.run();
  std::vector<std::pair<double, std::string>> lines;
  for (const auto& step : engine->plan().profiles[0]->lists[0]->steps) {
    lines.emplace_back(observer.times[step->name], fmt::format("{} {} ({})", step->name, step->tactic, step->detail));
  }
  std::sort(lines.rbegin(), lines.rend());
  for (const auto& [time, text] : lines) fmt::print("{:9.3f} ms  {}\n", time, text);
}

}  // namespace tn::test
