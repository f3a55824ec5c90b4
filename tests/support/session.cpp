// SPDX-License-Identifier: Apache-2.0
#include "support/session.h"

#include <chrono>

#include "backends/cpu/device/kernel_table.h"
#include "base/error.h"

namespace tn::test {
namespace {

void check(const Status& status) {
  if (!status) throw Error(status.code(), "{}", status.message());
}

}  // namespace

std::vector<Value> build_and_run(Graph graph, const std::map<std::string, Value>& inputs, int threads,
                                 double* milliseconds) {
  BuilderConfig config;
  config.threads = threads;
  config.timing = milliseconds != nullptr;
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
  const auto engine = EngineFile::from_bytes(build_engine(std::move(graph), config, logger, cache));
  Context context(engine, cpu::find_kernel, threads);
  Lane lane(threads);
  const auto& bindings = engine->plan().bindings;
  std::vector<Value> outputs;
  for (size_t i = 0; i < bindings.size(); ++i) {
    const int binding = static_cast<int>(i);
    if (bindings[i]->is_input) {
      const Value& value = inputs.at(bindings[i]->name);
      check(context.set_input_shape(binding, value.dims));
      // An empty tensor still needs an address.
      static std::byte nothing;
      check(context.set_address(binding, value.bytes.empty() ? &nothing : const_cast<std::byte*>(value.bytes.data())));
    } else {
      Value value;
      value.type = static_cast<DataType>(bindings[i]->type);
      value.bytes.resize(context.max_bytes(binding) + 1);
      outputs.push_back(std::move(value));
      check(context.set_address(binding, outputs.back().bytes.data()));
    }
  }
  check(context.run(lane));
  if (milliseconds) {
    const auto start = std::chrono::steady_clock::now();
    check(context.run(lane));
    *milliseconds = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  }
  size_t next = 0;
  for (size_t i = 0; i < bindings.size(); ++i) {
    if (!bindings[i]->is_input) check(context.shape(static_cast<int>(i), outputs[next++].dims));
  }
  return outputs;
}

}  // namespace tn::test
