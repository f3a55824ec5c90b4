// SPDX-License-Identifier: Apache-2.0
// Every network of tests/golden, built for a CUDA device that is not there: all kernel texts compile, the plan survives
// the file, steps follow one another rightly, and the runtime launches all of them.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "backends/cpu/device/kernel_table.h"
#include "backends/cuda/codegen/nvrtc.h"
#include "backends/cuda/device/kernel_table.h"
#include "backends/cuda/device/launch_step.h"
#include "backends/cuda/device/null_device.h"
#include "base/require.h"
#include "builder/builder.h"
#include "engine/plan_generated.h"
#include "exec/context.h"
#include "ir/text.h"
#include "ops/entry.h"
#include "support/schedule.h"

namespace tn::test {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> networks() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(TENON_GOLDEN_DIR)) {
    if (entry.path().extension() == ".graph") names.push_back(entry.path().stem().string());
  }
  std::ranges::sort(names);
  return names;
}

Graph read_graph(const std::string& name) {
  std::stringstream text;
  text << std::ifstream(fs::path(TENON_GOLDEN_DIR) / (name + ".graph")).rdbuf();
  return parse_graph(text.str(), ops::make_op_by_name);
}

class CudaNetworks : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    try {
      (void)cuda::Nvrtc::get();
    } catch (const Error& error) {
      GTEST_SKIP() << error.what();
    }
  }

  // All symbols at this value.
  static std::shared_ptr<const EngineFile> build(const std::string& name, Device& device, int64_t extent) {
    const Graph graph = read_graph(name);
    BuilderConfig config;
    config.backend = BuildBackend::Cuda;
    config.accelerator = &device;
    config.fp16 = true;
    config.timing = false;
    OptimizationProfile profile;
    for (const TensorId id : graph.inputs()) {
      Shape shape;
      for (const Dim& dim : graph.tensor(id).type.dims) shape.push_back(dim.constant().value_or(extent));
      profile[graph.tensor(id).name] = {shape, shape, shape};
    }
    config.profiles = {profile};
    SilentLogger logger;
    TimingCache cache;
    return EngineFile::from_bytes(build_engine(graph, config, logger, cache));
  }
};

size_t launches(const plan::ProfileT& profile) {
  return static_cast<size_t>(std::ranges::count_if(
      profile.lists[0]->steps, [](const auto& step) { return step->kernel == cuda::kLaunchKernel; }));
}

TEST_P(CudaNetworks, CompileAndLaunch) {
  cuda::NullDevice device;
  const auto engine = build(GetParam(), device, 2);
  const plan::PlanT& plan = engine->plan();
  EXPECT_EQ(plan.backend, "cuda");
  EXPECT_EQ(plan.architecture, "sm_90");
  EXPECT_EQ(schedule_fault(*plan.profiles[0]), "");
  EXPECT_GT(launches(*plan.profiles[0]), 0u);
  const bool all_on_device =
      std::ranges::none_of(plan.profiles[0]->lists[0]->steps, [](const auto& step) { return step->host; });
  if (!all_on_device) GTEST_SKIP() << "steps on the host would read what no kernel has written";

  auto on_device = std::make_shared<const DeviceEngine>(*engine, device, cuda::find_kernel);
  Context context(engine, cpu::find_kernel, static_cast<int>(plan.threads), on_device);
  std::vector<std::unique_ptr<DeviceBuffer>> buffers;
  for (size_t i = 0; i < plan.bindings.size(); ++i) {
    const auto binding = static_cast<int>(i);
    if (plan.bindings[i]->is_input)
      require(context.set_input_shape(binding, Shape(std::span<const int64_t>(plan.profiles[0]->inputs[i]->opt))));
    buffers.push_back(device.allocate(context.max_bytes(binding) + 64, "test"));
    require(context.set_address(binding, buffers.back()->data()));
  }
  const auto queue = device.make_queue();
  Lane lane(1);
  for (int run = 0; run < 2; ++run) {
    require(context.run(lane, queue.get()));
    require(queue->synchronize());
    EXPECT_EQ(device.take_calls().size(), launches(*plan.profiles[0]));
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, CudaNetworks, testing::ValuesIn(networks()),
                         [](const auto& network) { return network.param; });

}  // namespace
}  // namespace tn::test
