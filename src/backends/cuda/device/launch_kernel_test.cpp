// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/cuda/device/kernel_table.h"
#include "backends/cuda/device/launch_step.h"
#include "backends/cuda/device/null_device.h"
#include "base/fields.h"

namespace tn::cuda {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A step with one input, one output and two scalars.
struct LaunchTest : testing::Test {
  LaunchStep step{"twice", 128, 2, 1, 64, 2, true};
  std::vector<std::byte> image = std::vector<std::byte>(10, std::byte{7});
  std::vector<int64_t> values{5, 6, 7, -8, 9};
  std::vector<float> in = std::vector<float>(4), out = std::vector<float>(4);
  std::vector<std::byte> workspace = std::vector<std::byte>(32);
  std::vector<TensorView> inputs{TensorView::dense(image.data(), DataType::U8, {10}),
                                 TensorView::dense(nullptr, DataType::I64, {5}),
                                 TensorView::dense(nullptr, DataType::F32, {4})};
  std::vector<TensorView> outputs{TensorView::dense(nullptr, DataType::F32, {4})};
  std::vector<int32_t> input_tensors{0, 1, 2}, output_tensors{3};
  std::vector<bool> inputs_on_host{true, true, false}, outputs_on_host{false};
  NullDevice device;
  Lane lane{1};

  std::unique_ptr<Kernel> create() {
    const auto parameters = encode_fields(step);
    KernelSpec spec{parameters, inputs, outputs, input_tensors, output_tensors, 1, workspace.size(), &device};
    spec.inputs_on_host = inputs_on_host;
    spec.outputs_on_host = outputs_on_host;
    return find_kernel(kLaunchKernel)->create(spec);
  }
  std::string refusal() {
    try {
      create();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::InvalidEngine);
      return error.what();
    }
    return "no error";
  }
  Status run(Kernel& kernel, Queue& queue) {
    inputs[1].data = values.data();
    inputs[2].data = in.data();
    outputs[0].data = out.data();
    if (Status status = kernel.bind(inputs, outputs); !status) return status;
    return kernel.run({inputs, outputs, workspace, lane, {}, &queue});
  }
};

uint64_t address(const void* place) {
  return reinterpret_cast<uint64_t>(place);
}

TEST_F(LaunchTest, PassesPointersThenWorkspaceThenScalars) {
  const auto kernel = create();
  const auto queue = device.make_queue();
  ASSERT_TRUE(run(*kernel, *queue));
  const auto calls = device.take_calls();
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].entry, "twice");
  EXPECT_THAT(calls[0].grid, ElementsAre(5, 6, 7));
  EXPECT_THAT(calls[0].block, ElementsAre(128, 2, 1));
  EXPECT_EQ(calls[0].shared_bytes, 64u);
  EXPECT_EQ(calls[0].cluster, 2u);
  EXPECT_TRUE(calls[0].overlaps);
  EXPECT_THAT(calls[0].arguments, ElementsAre(address(in.data()), address(out.data()), address(workspace.data()),
                                              static_cast<uint64_t>(-8), 9u));
}

TEST_F(LaunchTest, AGraphRunsWhatItRecordedAsOftenAsAsked) {
  const auto kernel = create();
  const auto queue = device.make_queue();
  const auto graph = device.make_graph();
  ASSERT_TRUE(run(*kernel, graph->record()));
  values[0] = 3;
  ASSERT_TRUE(run(*kernel, graph->record()));
  const std::vector<int> from{1, 2};
  std::vector<int> to(2);
  // record() begins anew: only what follows the last call counts.
  Queue& recording = graph->record();
  ASSERT_TRUE(run(*kernel, recording));
  ASSERT_TRUE(recording.copy(to.data(), from.data(), 2 * sizeof(int)));
  ASSERT_TRUE(graph->finish());
  EXPECT_TRUE(device.take_calls().empty());
  ASSERT_TRUE(graph->run(*queue));
  ASSERT_TRUE(graph->run(*queue));
  const auto calls = device.take_calls();
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_THAT(calls[1].grid, ElementsAre(3, 6, 7));
  EXPECT_EQ(calls[1].arguments.size(), 5u);
  EXPECT_EQ(to, from);
  EXPECT_FALSE(graph->record().synchronize());
}

TEST_F(LaunchTest, WhatIsReadEarlyHasAnArgumentThatTheGraphDecides) {
  step.reads_early = 0;
  const auto kernel = create();
  const auto queue = device.make_queue();
  ASSERT_TRUE(run(*kernel, *queue));
  const auto graph = device.make_graph();
  Queue& recording = graph->record();
  ASSERT_TRUE(run(*kernel, recording));
  std::swap(in, out);
  ASSERT_TRUE(run(*kernel, recording));
  ASSERT_TRUE(graph->finish());
  ASSERT_TRUE(graph->run(*queue));
  const auto calls = device.take_calls();
  ASSERT_EQ(calls.size(), 3u);
  ASSERT_EQ(calls[0].arguments.size(), 6u);
  EXPECT_EQ(calls[0].arguments[5], 0u);  // a queue knows nothing of what ran before
  EXPECT_EQ(calls[1].arguments[5], 1u);
  EXPECT_EQ(calls[2].arguments[5], 0u);  // reads what the call before it writes
}

TEST_F(LaunchTest, RefusesToReadEarlyWhatIsNoOperand) {
  step.reads_early = 1;
  EXPECT_THAT(refusal(), HasSubstr("'twice' reads operand 1 of 1 early"));
}

TEST_F(LaunchTest, ChecksGridsWhenItRuns) {
  const auto kernel = create();
  const auto queue = device.make_queue();
  values[1] = 65536;
  const Status status = run(*kernel, *queue);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.message(), "'twice' would have a grid of 5 x 65536 x 7");
  values[1] = -1;
  EXPECT_FALSE(run(*kernel, *queue));
  EXPECT_TRUE(device.take_calls().empty());
}

TEST_F(LaunchTest, RefusesAnImageThatIsNoConstant) {
  inputs[0].data = nullptr;
  EXPECT_THAT(refusal(), HasSubstr("'twice' has an image that is no constant"));
  inputs[0].data = image.data();
  inputs_on_host[0] = false;
  EXPECT_THAT(refusal(), HasSubstr("'twice' has an image that is no constant"));
}

TEST_F(LaunchTest, RefusesValuesThatAreNoListOnTheHost) {
  inputs_on_host[1] = false;
  EXPECT_THAT(refusal(), HasSubstr("no int64 list"));
  inputs_on_host[1] = true;
  inputs[1] = TensorView::dense(nullptr, DataType::I64, {2});
  EXPECT_THAT(refusal(), HasSubstr("no int64 list"));
  inputs[1] = TensorView::dense(nullptr, DataType::I32, {5});
  EXPECT_THAT(refusal(), HasSubstr("no int64 list"));
}

TEST_F(LaunchTest, RefusesBlocksAndSharedMemoryThatNoDeviceHas) {
  step.block_x = 1024;
  EXPECT_THAT(refusal(), HasSubstr("blocks of 1024 x 2 x 1 threads"));
  step.block_x = int64_t{1} << 62;
  EXPECT_THAT(refusal(), HasSubstr("threads"));
  step.block_x = 0;
  EXPECT_THAT(refusal(), HasSubstr("threads"));
  step.block_x = 128;
  step.shared_bytes = 228 * 1024 + 1;
  EXPECT_THAT(refusal(), HasSubstr("bytes of shared memory"));
  step.shared_bytes = 0;
  step.cluster = 17;
  EXPECT_THAT(refusal(), HasSubstr("clusters of 17 blocks"));
}

TEST_F(LaunchTest, RefusesOperandsOnTheHostAndTooMany) {
  inputs_on_host[2] = true;
  EXPECT_THAT(refusal(), HasSubstr("input 2 of 'twice' does not lie on the device"));
  inputs_on_host[2] = false;
  outputs_on_host[0] = true;
  EXPECT_THAT(refusal(), HasSubstr("output 0 of 'twice' does not lie on the device"));
  outputs.assign(64, outputs[0]);
  EXPECT_THAT(refusal(), HasSubstr("'twice' has 65 operands"));
}

}  // namespace
}  // namespace tn::cuda
