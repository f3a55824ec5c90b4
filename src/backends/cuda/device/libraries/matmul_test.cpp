// SPDX-License-Identifier: Apache-2.0
// cuda.cublaslt: what it asks of a step, and on a device with the library what it computes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "backends/cuda/device/libraries/cublaslt_matmul.h"
#include "backends/cuda/device/libraries/library_needs.h"
#include "backends/cuda/device/libraries/library_step_test.h"

namespace tn::cuda {
namespace {

using testing::HasSubstr;

MatmulStep product_of(int64_t rows, int64_t columns, int64_t depth) {
  MatmulStep step;
  step.type = step.result = DataType::F32;
  step.rows = rows, step.columns = columns, step.depth = depth;
  step.a = {false, depth, rows * depth};
  step.b = {true, depth, 0};
  step.out = {false, columns, rows * columns};
  step.residual = step.out;
  step.library = "13.1.0";
  step.algorithm.assign(8, 0);
  return step;
}

struct MatmulOperands : StepOperands<MatmulStep> {
  explicit MatmulOperands(const MatmulStep& matmul) : StepOperands(kCublasLtKernel, matmul) {
    add_dense({step.batch, step.rows, step.depth});
    add_dense({step.columns, step.depth});
    if (step.has_bias) add_dense({step.columns});
    if (step.has_residual) add_dense({step.batch, step.rows, step.columns});
    add_output(TensorView::dense(nullptr, step.result, {step.batch, step.rows, step.columns}));
  }
  void add_dense(const Shape& dims) { add_input(TensorView::dense(nullptr, step.type, dims)); }
};

TEST(CublasLtStep, SurvivesThePlan) {
  MatmulStep step = product_of(5, 6, 7);
  step.batch = 3, step.has_bias = true, step.tf32 = true;
  step.activation = MatmulStep::Activation::GeluTanh;
  step.algorithm = {1, -2, 3, 4, 5, 6, 7, INT64_MIN};
  const auto bytes = encode_fields(step);
  const auto read = decode_fields<MatmulStep>(bytes);
  EXPECT_EQ(to_fields(read), to_fields(step));
  EXPECT_EQ(encode_fields(read), bytes);
  EXPECT_EQ(find_kernel(kCublasLtKernel)->library(bytes), "cuBLASLt 13.1.0");
}

TEST(CublasLtStep, IsCheckedAndRunWithoutTheLibrary) {
  NullDevice device;
  MatmulStep step = product_of(5, 6, 7);
  step.batch = 3, step.has_bias = step.has_residual = true;
  MatmulOperands operands(step);
  const auto kernel = operands.create(device, 64);
  std::vector<float> a(105), b(42), bias(6), residual(90), out(90);
  std::vector<std::byte> workspace(64);
  float* const inputs[] = {a.data(), b.data(), bias.data(), residual.data()};
  for (size_t i = 0; i < 4; ++i) operands.inputs[i].data = inputs[i];
  operands.outputs[0].data = out.data();
  ASSERT_TRUE(kernel->bind(operands.inputs, operands.outputs));
  Lane lane{1};
  const auto queue = device.make_queue();
  const auto graph = device.make_graph();
  ASSERT_TRUE(kernel->run({operands.inputs, operands.outputs, workspace, lane, {}, &graph->record()}));
  ASSERT_TRUE(graph->finish());
  ASSERT_TRUE(graph->run(*queue));
  const auto calls = device.take_calls();
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].entry, kCublasLtKernel);
  std::vector<uint64_t> wanted;
  for (const void* place : std::initializer_list<const void*>{a.data(), b.data(), bias.data(), residual.data(),
                                                              out.data(), workspace.data()})
    wanted.push_back(reinterpret_cast<uint64_t>(place));
  EXPECT_EQ(calls[0].arguments, wanted);
  operands.inputs[0].dims[1] = 4;
  EXPECT_FALSE(kernel->bind(operands.inputs, operands.outputs));
}

TEST(CublasLtStep, MatricesBeyondTheirOperandsAreRefused) {
  MatmulOperands operands(product_of(5, 6, 7));
  EXPECT_EQ(operands.refusal(), "no error");
  operands.step.rows = 6;
  EXPECT_THAT(operands.refusal(), HasSubstr("A of a matrix product ends before its matrices"));
  operands.step.rows = 5, operands.step.columns = 7;
  EXPECT_THAT(operands.refusal(), HasSubstr("B of a matrix product ends before its matrices"));
  operands.step.columns = 6, operands.step.batch = 2;
  EXPECT_THAT(operands.refusal(), HasSubstr("A of a matrix product ends before its matrices"));
  operands.step.batch = 1, operands.step.a.stride = 6;
  EXPECT_THAT(operands.refusal(), HasSubstr("A of a matrix product has strides"));
  operands.step.a.stride = 7, operands.step.a.batch = INT64_MAX;
  EXPECT_THAT(operands.refusal(), HasSubstr("A of a matrix product has strides"));
}

TEST(CublasLtStep, OtherOperandsAreRefused) {
  MatmulOperands operands(product_of(5, 6, 7));
  operands.step.has_bias = true;
  EXPECT_THAT(operands.refusal(), HasSubstr("has 2 inputs"));
  operands.step.has_bias = false, operands.step.type = DataType::F16;
  EXPECT_THAT(operands.refusal(), HasSubstr("A of a matrix product is of type f32, not f16"));
  operands.step.type = DataType::I32;
  EXPECT_THAT(operands.refusal(), HasSubstr("a matrix product of type i32"));
  operands.step.type = DataType::F32, operands.step.rows = 0;
  EXPECT_THAT(operands.refusal(), HasSubstr("an extent of 0"));
  operands.step.rows = 5, operands.step.algorithm.pop_back();
  EXPECT_THAT(operands.refusal(), HasSubstr("an algorithm of 7 words"));
  operands.step.algorithm.push_back(0), operands.inputs_on_host[1] = true;
  EXPECT_THAT(operands.refusal(), HasSubstr("B of a matrix product does not lie on the device"));
}

TEST(LibraryNeeds, OneLineSaysWhatIsMissingAndWhatHelps) {
  const auto message = [](const std::string& text, const std::function<std::string(std::string_view)>& installed) {
    try {
      require_library(text, installed);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::InvalidEngine);
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
      return std::string(error.what());
    }
    return std::string("no error");
  };
  const auto here = [](std::string version) { return [=](std::string_view) { return version; }; };
  EXPECT_EQ(message("cuBLASLt 13.1.0", here("13.1.2")), "no error");
  EXPECT_THAT(
      message("cuBLASLt 13.1.0", here("13.2.0")),
      HasSubstr("the engine needs cuBLASLt 13.1, here is 13.2.0; install that version, or build the engine again"));
  EXPECT_THAT(message("cuBLASLt 13.1.0", here("12.1.0")), HasSubstr("the engine needs cuBLASLt 13.1, here is 12.1.0"));
  EXPECT_THAT(message("cuBLASLt 13.1.0",
                      [](std::string_view) -> std::string {
                        const char* const names[] = {"libTenonHasNoSuchLibrary.so.13"};
                        return CublasLt(names).version();
                      }),
              testing::AllOf(HasSubstr("the engine needs cuBLASLt 13.1: cannot open the library libTenonHasNoSuch"),
                             HasSubstr("; install it, or build the engine again")));
  EXPECT_THAT(message("abacus 1.0.0", installed_version),
              HasSubstr("the engine needs abacus 1.0: this Tenon does not know it"));
  EXPECT_THAT(message("", installed_version), HasSubstr("the engine needs"));
}

class CublasLtOnDevice : public LibraryOnDevice<CublasLt> {
 protected:
  /// The largest difference of what a graph of it computes, run for two sets of addresses.
  double difference(MatmulStep step) {
    const auto ways = CublasLtMatmul(step, *device_).ways(4, 1 << 22, 16);
    EXPECT_FALSE(ways.empty());
    if (ways.empty()) return 1e9;
    step.library = CublasLt::get().version();
    double worst = 0;
    for (const auto& way : ways) {
      step.algorithm.assign(way.algorithm.begin(), way.algorithm.end());
      MatmulOperands operands(step);
      const auto kernel = operands.create(*device_, way.workspace_bytes);
      const auto workspace = device_->allocate(std::max<size_t>(way.workspace_bytes, 1), "a test");
      const auto graph = device_->make_graph();
      for (const size_t seed : {0u, 1u}) {
        const auto inputs = inputs_for(operands, seed);
        const auto out = run(operands, *kernel, inputs, {workspace->data(), way.workspace_bytes}, *graph);
        worst = std::max(worst, worst_of(step, inputs, out));
      }
    }
    return worst;
  }

  static double worst_of(const MatmulStep& step, const std::vector<std::vector<float>>& inputs,
                         const std::vector<float>& out) {
    double worst = 0;
    for (int64_t i = 0; i < std::ssize(out); ++i)
      worst = std::max(worst, std::abs(expected(step, inputs, i) - static_cast<double>(out[static_cast<size_t>(i)])));
    return worst;
  }

  static double expected(const MatmulStep& step, const std::vector<std::vector<float>>& inputs, int64_t i) {
    const int64_t column = i % step.columns, row = i / step.columns;
    const auto at = [&](size_t input, int64_t index) {
      return static_cast<double>(inputs[input][static_cast<size_t>(index)]);
    };
    double sum = 0;
    for (int64_t k = 0; k < step.depth; ++k) sum += at(0, row * step.depth + k) * at(1, column * step.depth + k);
    if (step.has_bias) sum += at(2, column);
    if (step.has_residual) sum += at(step.has_bias ? 3 : 2, i);
    return step.activation == MatmulStep::Activation::Relu ? std::max(sum, 0.0) : sum;
  }
};

TEST_F(CublasLtOnDevice, ComputesTheProduct) {
  EXPECT_LT(difference(product_of(40, 72, 56)), 1e-4);
}

TEST_F(CublasLtOnDevice, AddsAndActivates) {
  MatmulStep step = product_of(33, 64, 128);
  step.has_bias = step.has_residual = true;
  step.activation = MatmulStep::Activation::Relu;
  EXPECT_LT(difference(step), 1e-4);
}

TEST_F(CublasLtOnDevice, MultipliesABatch) {
  MatmulStep step = product_of(32, 16, 64);
  step.batch = 3;
  EXPECT_LT(difference(step), 1e-4);
}

TEST_F(CublasLtOnDevice, AnEngineOfAnotherVersionIsRefused) {
  MatmulStep step = product_of(8, 8, 8);
  step.library = "1.0.0";
  MatmulOperands operands(step);
  try {
    operands.create(*device_);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("the engine needs cuBLASLt 1.0, here is "));
  }
}

}  // namespace
}  // namespace tn::cuda
