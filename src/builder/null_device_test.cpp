// SPDX-License-Identifier: Apache-2.0
// The whole way of a network onto a CUDA device, without one: what the runtime would launch, on what memory.
#include "backends/cuda/device/null_device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "backends/cpu/device/kernel_table.h"
#include "backends/cuda/codegen/nvrtc.h"
#include "backends/cuda/device/kernel_table.h"
#include "backends/cuda/device/launch_step.h"
#include "base/error.h"
#include "base/fields.h"
#include "builder/builder.h"
#include "engine/plan_generated.h"
#include "exec/context.h"
#include "ir/text.h"
#include "ops/entry.h"

namespace tn {
namespace {

using cuda::NullDevice;

// The second list of indices is of another shape, so nothing is common to the gathers.
constexpr std::string_view kText = R"(graph g(x: f32[N,8,6]) {
  constant i: i64[3] = {0,2,5}
  constant j: i64[2] = {1,7}
  a = Exp(x)
  b = Gather(a, i) {axis=2}
  c = Tanh(b)
  d = Gather(c, j) {axis=1}
  y = Neg(d)
  return y
})";

class NullDeviceTest : public testing::Test {
 protected:
  std::shared_ptr<const EngineFile> build(const std::string& architectures) {
    BuilderConfig config;
    config.backend = BuildBackend::Cuda;
    config.accelerator = &device_;
    config.architecture = architectures;
    config.timing = false;
    config.threads = 1;
    config.profiles.resize(1);
    config.profiles[0]["x"] = {{1, 8, 6}, {4, 8, 6}, {9, 8, 6}};
    SilentLogger logger;
    TimingCache cache;
    return EngineFile::from_bytes(build_engine(parse_graph(kText, ops::make_op_by_name), config, logger, cache));
  }

  void SetUp() override {
    try {
      (void)cuda::Nvrtc::get();
    } catch (const Error& error) {
      GTEST_SKIP() << error.what();
    }
    engine_ = build("");
    on_device_ = std::make_shared<const DeviceEngine>(*engine_, device_, cuda::find_kernel);
    context_ = std::make_unique<Context>(engine_, cpu::find_kernel, 1, on_device_);
    queue_ = device_.make_queue();
  }

  std::vector<NullDevice::Call> run(int64_t n) {
    expect_ok(context_->set_input_shape(0, {n, 8, 6}));
    expect_ok(context_->set_address(0, input_.data()));
    expect_ok(context_->set_address(1, output_.data()));
    device_.take_calls();
    expect_ok(context_->run(lane_, queue_.get()));
    expect_ok(queue_->synchronize());
    return device_.take_calls();
  }
  static void expect_ok(const Status& status) { EXPECT_TRUE(status) << status.message(); }

  const plan::ProfileT& profile() const { return *engine_->plan().profiles[0]; }
  std::vector<const plan::StepT*> launches() const {
    std::vector<const plan::StepT*> steps;
    for (const auto& step : profile().lists[0]->steps)
      if (step->kernel == cuda::kLaunchKernel) steps.push_back(step.get());
    return steps;
  }

  NullDevice device_;
  Lane lane_{1};
  std::vector<float> input_ = std::vector<float>(9 * 48), output_ = std::vector<float>(9 * 48);
  std::shared_ptr<const EngineFile> engine_;
  std::shared_ptr<const DeviceEngine> on_device_;
  std::unique_ptr<Context> context_;
  std::unique_ptr<Queue> queue_;
};

TEST_F(NullDeviceTest, LaunchesWhatThePlanSaysInItsOrder) {
  EXPECT_EQ(engine_->plan().backend, "cuda");
  EXPECT_EQ(engine_->plan().architecture, "sm_90");
  EXPECT_TRUE(context_->is_asynchronous());
  const auto steps = launches();
  const auto calls = run(4);
  ASSERT_GE(calls.size(), 3u);
  ASSERT_EQ(calls.size(), steps.size());
  for (size_t i = 0; i < calls.size(); ++i) {
    const auto step = decode_fields<cuda::LaunchStep>(std::as_bytes(std::span(steps[i]->parameters)));
    EXPECT_EQ(calls[i].entry, step.entry);
    EXPECT_EQ(calls[i].block[0], step.block_x);
    EXPECT_GT(calls[i].grid[0] * calls[i].grid[1] * calls[i].grid[2], 0u);
  }
}

// Pointers are of the input, of weights, or of what an earlier call has written.
TEST_F(NullDeviceTest, WhatIsReadHasBeenWritten) {
  const auto steps = launches();
  const auto calls = run(9);
  ASSERT_EQ(calls.size(), steps.size());
  const auto weights = on_device_->weights().bytes();
  const auto within = [](uint64_t address, const void* begin, size_t bytes) {
    return address - reinterpret_cast<uint64_t>(begin) < bytes;
  };
  std::vector<std::pair<uint64_t, uint64_t>> written;
  for (size_t i = 0; i < calls.size(); ++i) {
    constexpr size_t kNoOperands = 2;  // image and values
    const size_t inputs = steps[i]->inputs.size() - kNoOperands, outputs = steps[i]->outputs.size();
    ASSERT_GE(calls[i].arguments.size(), inputs + outputs);
    for (size_t k = 0; k < inputs; ++k) {
      const uint64_t address = calls[i].arguments[k];
      const bool known = std::any_of(written.begin(), written.end(),
                                     [&](const auto& range) { return address - range.first < range.second; });
      EXPECT_TRUE(known || within(address, input_.data(), input_.size() * sizeof(float)) ||
                  within(address, weights.data(), weights.size()))
          << steps[i]->name << ", input " << k;
    }
    for (size_t k = 0; k < outputs; ++k) {
      const auto& tensor = *profile().tensors[static_cast<size_t>(steps[i]->outputs[k])];
      written.emplace_back(calls[i].arguments[inputs + k], tensor.bytes);
    }
  }
  EXPECT_EQ(written.back().first, reinterpret_cast<uint64_t>(output_.data()));
}

// Images of kernels and what else the host alone reads take no room there.
TEST_F(NullDeviceTest, TheDeviceGetsTheWeightsThatItReads) {
  const DeviceWeights& weights = on_device_->weights();
  size_t there = 0, images = 0;
  for (const auto& tensor : profile().tensors) {
    if (tensor->storage != plan::Storage::Weights) continue;
    const size_t bytes = tensor->bytes;
    if (tensor->host) {
      images += bytes;
      continue;
    }
    there += bytes;
    const std::byte* place = weights.place(tensor->position);
    ASSERT_NE(place, nullptr) << tensor->name;
    EXPECT_EQ(std::memcmp(place, engine_->weights().data() + tensor->position, bytes), 0) << tensor->name;
  }
  EXPECT_GT(there, 0u);
  EXPECT_GT(images, 1000u);
  EXPECT_LT(weights.bytes().size(), engine_->weights().size() - 1000);
}

TEST_F(NullDeviceTest, AShapeChangesGridsAndScalarsAlone) {
  const auto few = run(1), many = run(9), again = run(1);
  ASSERT_EQ(few.size(), many.size());
  bool differs = false;
  for (size_t i = 0; i < few.size(); ++i) {
    EXPECT_EQ(few[i].entry, many[i].entry);
    EXPECT_EQ(few[i].block, many[i].block);
    EXPECT_EQ(few[i].arguments.size(), many[i].arguments.size());
    differs = differs || few[i].arguments != many[i].arguments || few[i].grid != many[i].grid;
    EXPECT_EQ(few[i].arguments, again[i].arguments);
    EXPECT_EQ(few[i].grid, again[i].grid);
  }
  EXPECT_TRUE(differs);
}

TEST_F(NullDeviceTest, AGraphRunsWhatIsEnqueuedOneByOneWithoutIt) {
  const auto graphed = run(5);
  context_->use_graphs(false);
  const auto plain = run(5);
  ASSERT_EQ(graphed.size(), plain.size());
  for (size_t i = 0; i < plain.size(); ++i) {
    EXPECT_EQ(graphed[i].entry, plain[i].entry);
    EXPECT_EQ(graphed[i].arguments, plain[i].arguments);
    EXPECT_EQ(graphed[i].grid, plain[i].grid);
  }
}

TEST_F(NullDeviceTest, AnEngineForSeveralArchitecturesRunsOnEach) {
  const auto engine = build("sm_90,sm_80");
  EXPECT_EQ(engine->plan().architecture, "sm_80,sm_90");
  const auto load = [&](NullDevice& device) {
    Context(engine, cpu::find_kernel, 1, std::make_shared<const DeviceEngine>(*engine, device, cuda::find_kernel));
  };
  for (const char* architecture : {"sm_80", "sm_86", "sm_90"}) {
    NullDevice device(architecture);
    EXPECT_NO_THROW(load(device)) << architecture;
  }
  NullDevice other("sm_75");
  try {
    load(other);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::InvalidEngine);
    EXPECT_THAT(error.what(), testing::HasSubstr("images for sm_80, sm_90, and none for a device of architecture "
                                                 "sm_75"));
  }
  EXPECT_THROW(build("sm_90,ninety"), Error);
}

// An extent with one value in the profile is a number in all kernels; for who uses the engine it stays dynamic.
TEST_F(NullDeviceTest, AnExtentThatDoesNotVaryIsANumber) {
  Graph graph = parse_graph(
      "graph g(x: f32[N,S]) { s = Shape(x) {start=1} l = Gather(s, i64[]{0}) {axis=0} r = Range(i64[]{0}, l, i64[]{1}) "
      "c = Cast(r) {to=\"f32\"} y = Add(x, c) return y }",
      ops::make_op_by_name);
  BuilderConfig config;
  config.backend = BuildBackend::Cuda;
  config.accelerator = &device_;
  config.timing = false;
  config.profiles.resize(1);
  config.profiles[0]["x"] = {{1, 6}, {4, 6}, {9, 6}};
  SilentLogger logger;
  TimingCache cache;
  const auto engine = EngineFile::from_bytes(build_engine(std::move(graph), config, logger, cache));
  const plan::PlanT& plan = engine->plan();
  EXPECT_THAT(plan.bindings[0]->dims, testing::ElementsAre(-1, -1));
  EXPECT_THAT(plan.bindings[1]->dims, testing::ElementsAre(-1, -1));
  ASSERT_EQ(plan.symbols.size(), 1u);
  EXPECT_EQ(plan.symbols[0]->name, "N");
  EXPECT_EQ(plan.profiles[0]->lists[0]->steps.size(), 1u) << "what depends on S alone is constant";
}

}  // namespace
}  // namespace tn
