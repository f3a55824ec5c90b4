// SPDX-License-Identifier: Apache-2.0
// What the tests of steps that call a library have in common.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "backends/cuda/device/devices.h"
#include "backends/cuda/device/kernel_table.h"
#include "backends/cuda/device/null_device.h"
#include "base/error.h"
#include "base/fields.h"

namespace tn::cuda {

/// A step with its operands, as a plan gives them.
template <typename Step>
struct StepOperands {
  StepOperands(std::string_view kernel_name, const Step& of) : kernel(kernel_name), step(of) {}

  void add_input(const TensorView& view) {
    input_tensors.push_back(static_cast<int32_t>(inputs.size()));
    inputs.push_back(view);
    inputs_on_host.push_back(false);
  }
  /// Once, after the inputs.
  void add_output(const TensorView& view) {
    output_tensors.push_back(static_cast<int32_t>(inputs.size()));
    outputs.push_back(view);
    outputs_on_host.push_back(false);
  }
  std::unique_ptr<Kernel> create(Device& device, size_t workspace = 0) {
    parameters = encode_fields(step);
    KernelSpec spec{parameters, inputs, outputs, input_tensors, output_tensors, 1, workspace, &device};
    spec.inputs_on_host = inputs_on_host;
    spec.outputs_on_host = outputs_on_host;
    return find_kernel(kernel)->create(spec);
  }
  /// What is wrong with the step, or "no error".
  std::string refusal() {
    NullDevice device;
    try {
      create(device);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::InvalidEngine);
      return error.what();
    }
    return "no error";
  }

  std::string_view kernel;
  Step step;
  std::vector<std::byte> parameters;
  std::vector<TensorView> inputs, outputs;
  std::vector<int32_t> input_tensors, output_tensors;
  std::vector<bool> inputs_on_host, outputs_on_host;
};

/// Needs a GPU with the library; skipped elsewhere.
template <typename Library>
class LibraryOnDevice : public testing::Test {
 protected:
  void SetUp() override {
    if (device_count() == 0) GTEST_SKIP() << "no device";
    try {
      (void)Library::get();
    } catch (const Error& error) {
      GTEST_SKIP() << error.what();
    }
    device_ = &open_device(0);
    queue_ = device_->make_queue();
  }

  /// Few bits, so that TF32 keeps them all.
  static std::vector<float> values(size_t count, size_t seed) {
    std::vector<float> all(count);
    for (size_t i = 0; i < count; ++i) all[i] = static_cast<float>((i * 37 + seed * 11) % 17) / 8 - 1;
    return all;
  }

  std::unique_ptr<DeviceBuffer> place(const std::vector<float>& values) {
    auto buffer = device_->allocate(values.size() * sizeof(float), "a test");
    EXPECT_TRUE(queue_->copy(buffer->data(), values.data(), values.size() * sizeof(float)));
    EXPECT_TRUE(queue_->synchronize());
    return buffer;
  }

  /// f32 values for all inputs.
  template <typename Step>
  static std::vector<std::vector<float>> inputs_for(const StepOperands<Step>& operands, size_t seed) {
    std::vector<std::vector<float>> all;
    for (const TensorView& view : operands.inputs)
      all.push_back(values(view.dense_bytes() / sizeof(float), seed + all.size()));
    return all;
  }

  /// The f32 output that a graph of the kernel computes.
  template <typename Step>
  std::vector<float> run(StepOperands<Step>& operands, Kernel& kernel, const std::vector<std::vector<float>>& inputs,
                         std::span<std::byte> workspace, LaunchGraph& graph) {
    std::vector<std::unique_ptr<DeviceBuffer>> buffers;
    for (size_t i = 0; i < inputs.size(); ++i) {
      buffers.push_back(place(inputs[i]));
      operands.inputs[i].data = buffers.back()->data();
    }
    std::vector<float> out(operands.outputs[0].dense_bytes() / sizeof(float));
    const auto result = place(out);
    operands.outputs[0].data = result->data();
    EXPECT_TRUE(kernel.bind(operands.inputs, operands.outputs));
    Lane lane{1};
    const Status recorded = kernel.run({operands.inputs, operands.outputs, workspace, lane, {}, &graph.record()});
    EXPECT_TRUE(recorded) << recorded.message();
    const Status finished = graph.finish();
    EXPECT_TRUE(finished) << finished.message();
    EXPECT_TRUE(graph.run(*queue_));
    EXPECT_TRUE(queue_->copy(out.data(), result->data(), out.size() * sizeof(float)));
    const Status done = queue_->synchronize();
    EXPECT_TRUE(done) << done.message();
    return out;
  }

  Device* device_ = nullptr;
  std::unique_ptr<Queue> queue_;
};

}  // namespace tn::cuda
