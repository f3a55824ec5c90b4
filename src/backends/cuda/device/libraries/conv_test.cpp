// SPDX-License-Identifier: Apache-2.0
// cuda.cudnn: what it asks of a step, and on a device with the library what it computes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "backends/cuda/device/libraries/cudnn_conv.h"
#include "backends/cuda/device/libraries/library_step_test.h"

namespace tn::cuda {
namespace {

using testing::HasSubstr;

std::vector<int64_t> nhwc(const std::vector<int64_t>& dims) {
  return {dims[1] * dims[2] * dims[3], 1, dims[1] * dims[3], dims[1]};
}

/// 3 x 3 with a padding of 1, of f32.
ConvStep conv_of(int64_t channels, int64_t filters, int64_t side) {
  ConvStep step;
  step.type = step.result = DataType::F32;
  step.x = {2, channels, side, side}, step.x_strides = nhwc(step.x);
  step.w = {filters, channels, 3, 3};
  step.y = {2, filters, side, side}, step.y_strides = step.residual_strides = nhwc(step.y);
  step.pads_before = step.pads_after = step.strides = step.dilations = {1, 1};
  step.library = "9.14.0";
  return step;
}

Shape shape_of(const std::vector<int64_t>& values) {
  return Shape(std::span<const int64_t>(values));
}

struct ConvOperands : StepOperands<ConvStep> {
  explicit ConvOperands(const ConvStep& conv) : StepOperands(kCudnnKernel, conv) {
    add_input({nullptr, step.type, shape_of(step.x), shape_of(step.x_strides)});
    int64_t bytes = static_cast<int64_t>(size_of(step.type));
    for (const int64_t extent : step.w) bytes *= extent;
    add_input(TensorView::dense(nullptr, DataType::U8, {bytes}));
    if (step.has_bias) add_input(TensorView::dense(nullptr, DataType::F32, {step.y[1]}));
    if (step.has_residual) add_input({nullptr, step.result, shape_of(step.y), shape_of(step.residual_strides)});
    add_output({nullptr, step.result, shape_of(step.y), shape_of(step.y_strides)});
  }
};

TEST(CudnnStep, SurvivesThePlan) {
  ConvStep step = conv_of(4, 8, 5);
  step.has_residual = true;
  step.activation = ConvStep::Activation::Relu;
  step.engine = 7;
  step.knob_types = {1, 2}, step.knob_values = {-3, 4};
  const auto bytes = encode_fields(step);
  EXPECT_EQ(to_fields(decode_fields<ConvStep>(bytes)), to_fields(step));
  EXPECT_EQ(find_kernel(kCudnnKernel)->library(bytes), "cuDNN 9.14.0");
}

TEST(CudnnStep, IsCheckedAndRunWithoutTheLibrary) {
  ConvStep step = conv_of(4, 8, 5);
  step.has_bias = true;
  ConvOperands operands(step);
  NullDevice device;
  const auto kernel = operands.create(device);
  std::vector<float> x(200), w(288), bias(8), y(400);
  operands.inputs[0].data = x.data(), operands.inputs[1].data = w.data(), operands.inputs[2].data = bias.data();
  operands.outputs[0].data = y.data();
  Lane lane{1};
  const auto queue = device.make_queue();
  ASSERT_TRUE(kernel->bind(operands.inputs, operands.outputs));
  ASSERT_TRUE(kernel->run({operands.inputs, operands.outputs, {}, lane, {}, queue.get()}));
  const auto calls = device.take_calls();
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].entry, kCudnnKernel);
  EXPECT_EQ(calls[0].arguments.size(), 4u);
}

TEST(CudnnStep, WhatDoesNotFitIsRefused) {
  ConvOperands operands(conv_of(4, 8, 5));
  EXPECT_EQ(operands.refusal(), "no error");
  operands.step.x_strides[0] = 7;
  EXPECT_THAT(operands.refusal(), HasSubstr("x of a convolution has other extents or strides"));
  operands.step = conv_of(4, 8, 5);
  operands.step.w[2] = 4;
  EXPECT_THAT(operands.refusal(), HasSubstr("w of a convolution ends before its filters"));
  operands.step.w = {8, INT32_MAX, INT32_MAX, INT32_MAX};
  EXPECT_THAT(operands.refusal(), HasSubstr("filters of too many elements"));
  operands.step = conv_of(4, 8, 5);
  operands.step.has_bias = true;
  EXPECT_THAT(operands.refusal(), HasSubstr("has 2 inputs"));
  operands.step = conv_of(4, 8, 5);
  operands.step.pads_after = {1};
  EXPECT_THAT(operands.refusal(), HasSubstr("a window that is none"));
  operands.step = conv_of(4, 8, 5);
  operands.step.knob_types = {1};
  EXPECT_THAT(operands.refusal(), HasSubstr("1 and 0 knobs"));
  operands.step = conv_of(4, 8, 5);
  operands.step.w[0] = 7;
  EXPECT_THAT(operands.refusal(), HasSubstr("filters do not make its result"));
  operands.step.type = DataType::I32;
  EXPECT_THAT(operands.refusal(), HasSubstr("a convolution of type i32"));
}

class CudnnOnDevice : public LibraryOnDevice<Cudnn> {
 protected:
  double difference(ConvStep step) {
    const auto ways = known_ways(step, *device_, 3, 1 << 24);
    EXPECT_FALSE(ways.empty());
    double worst = ways.empty() ? 1e9 : 0;
    step.library = Cudnn::get().version();
    for (const auto& way : ways) {
      step.engine = way.engine;
      step.knob_types = way.knob_types, step.knob_values = way.knob_values;
      worst = std::max(worst, difference_with(step, static_cast<size_t>(way.workspace_bytes)));
    }
    return worst;
  }

  double difference_with(const ConvStep& step, size_t workspace_bytes) {
    ConvOperands operands(step);
    const auto kernel = operands.create(*device_, workspace_bytes);
    const auto workspace = device_->allocate(std::max<size_t>(workspace_bytes, 1), "a test");
    const auto graph = device_->make_graph();
    const auto inputs = inputs_for(operands, 0);
    return worst_of(step, inputs, run(operands, *kernel, inputs, {workspace->data(), workspace_bytes}, *graph));
  }

  static double worst_of(const ConvStep& step, const std::vector<std::vector<float>>& inputs,
                         const std::vector<float>& y) {
    const int64_t channels = step.x[1], filters = step.y[1], side = step.y[2];
    double worst = 0;
    for (int64_t at = 0; at < std::ssize(y); ++at) {
      const int64_t filter = at % filters, column = at / filters % side, row = at / filters / side % side;
      const int64_t image = at / filters / side / side;
      double sum = step.has_bias ? static_cast<double>(inputs[2][static_cast<size_t>(filter)]) : 0;
      if (step.has_residual) sum += static_cast<double>(inputs.back()[static_cast<size_t>(at)]);
      for (int64_t tap = 0; tap < 9; ++tap) {
        const int64_t i = row + tap / 3 - 1, j = column + tap % 3 - 1;
        if (i < 0 || j < 0 || i >= side || j >= side) continue;
        for (int64_t c = 0; c < channels; ++c)
          sum += static_cast<double>(inputs[0][static_cast<size_t>(((image * side + i) * side + j) * channels + c)]) *
                 static_cast<double>(inputs[1][static_cast<size_t>((filter * 9 + tap) * channels + c)]);
      }
      if (step.activation == ConvStep::Activation::Relu) sum = std::max(sum, 0.0);
      worst = std::max(worst, std::abs(sum - static_cast<double>(y[static_cast<size_t>(at)])));
    }
    return worst;
  }
};

// Operands have no more bits than TF32 keeps.
TEST_F(CudnnOnDevice, ComputesAConvolution) {
  EXPECT_LT(difference(conv_of(8, 16, 9)), 1e-4);
}

TEST_F(CudnnOnDevice, AddsAndActivates) {
  ConvStep step = conv_of(16, 32, 7);
  step.has_bias = step.has_residual = true;
  step.activation = ConvStep::Activation::Relu;
  EXPECT_LT(difference(step), 1e-4);
}

TEST_F(CudnnOnDevice, AnotherEngineIsRefused) {
  ConvStep step = conv_of(8, 16, 9);
  step.library = Cudnn::get().version();
  step.engine = 123456;
  ConvOperands operands(step);
  try {
    operands.create(*device_);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::InvalidEngine);
    EXPECT_THAT(error.what(), HasSubstr("does not take the engine 123456"));
  }
}

}  // namespace
}  // namespace tn::cuda
