// SPDX-License-Identifier: Apache-2.0
#include "support/session.h"

#include <algorithm>
#include <chrono>

#include "backends/cpu/device/kernel_table.h"
#include "base/error.h"

namespace tn::test {
namespace {

void check(const Status& status) {
  if (!status) throw Error(status.code(), "{}", status.message());
}

std::shared_ptr<const EngineFile> build(Graph graph, const std::map<std::string, Value>& inputs, int threads,
                                        bool timing, std::set<std::string, std::less<>> disabled_passes = {}) {
  BuilderConfig config;
  config.disabled_passes = std::move(disabled_passes);
  config.threads = threads;
  config.timing = timing;
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

/// A context with its addresses set, and the outputs they point at.
struct Ready {
  explicit Ready(const std::shared_ptr<const EngineFile>& engine, const std::map<std::string, Value>& inputs,
                 int threads)
      : context(engine, cpu::find_kernel, threads) {
    const auto& bindings = engine->plan().bindings;
    outputs.reserve(bindings.size());
    for (size_t i = 0; i < bindings.size(); ++i) {
      const int binding = static_cast<int>(i);
      if (bindings[i]->is_input) {
        const Value& value = inputs.at(bindings[i]->name);
        check(context.set_input_shape(binding, value.dims));
        // An empty tensor still needs an address.
        static std::byte nothing;
        check(
            context.set_address(binding, value.bytes.empty() ? &nothing : const_cast<std::byte*>(value.bytes.data())));
        continue;
      }
      Value value;
      value.type = static_cast<DataType>(bindings[i]->type);
      value.bytes.resize(context.max_bytes(binding) + 1);
      outputs.push_back(std::move(value));
      check(context.set_address(binding, outputs.back().bytes.data()));
    }
  }
  Context context;
  std::vector<Value> outputs;
};

class StepTimes final : public StepObserver {
 public:
  void step_done(const plan::StepT& step, double milliseconds) noexcept override { times[step.name] = milliseconds; }
  std::map<std::string, double> times;
};

}  // namespace

std::vector<Value> build_and_run(Graph graph, const std::map<std::string, Value>& inputs, int threads,
                                 double* milliseconds, std::set<std::string, std::less<>> disabled_passes) {
  const auto engine = build(std::move(graph), inputs, threads, milliseconds != nullptr, std::move(disabled_passes));
  Ready ready(engine, inputs, threads);
  Lane lane(threads);
  check(ready.context.run(lane));
  if (milliseconds) {
    const auto start = std::chrono::steady_clock::now();
    check(ready.context.run(lane));
    *milliseconds = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  }
  const auto& bindings = engine->plan().bindings;
  size_t next = 0;
  for (size_t i = 0; i < bindings.size(); ++i) {
    if (!bindings[i]->is_input) check(ready.context.shape(static_cast<int>(i), ready.outputs[next++].dims));
  }
  return std::move(ready.outputs);
}

void print_steps(Graph graph, const std::map<std::string, Value>& inputs) {
  const auto engine = build(std::move(graph), inputs, 1, true);
  Ready ready(engine, inputs, 1);
  Lane lane(1);
  check(ready.context.run(lane));
  StepTimes observer;
  ready.context.set_observer(&observer);
  check(ready.context.run(lane));
  std::vector<std::pair<double, std::string>> lines;
  for (const auto& step : engine->plan().profiles[0]->lists[0]->steps) {
    lines.emplace_back(observer.times[step->name], fmt::format("{} {} ({})", step->name, step->tactic, step->detail));
  }
  std::sort(lines.rbegin(), lines.rend());
  for (const auto& [time, text] : lines) fmt::print("{:9.3f} ms  {}\n", time, text);
}

}  // namespace tn::test
