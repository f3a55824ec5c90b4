// SPDX-License-Identifier: Apache-2.0
// cuda.cublaslt: what it asks of a step, and on a device with the library what it computes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "backends/cuda/device/devices.h"
#include "backends/cuda/device/kernel_table.h"
#include "backends/cuda/device/libraries/cublaslt_matmul.h"
#include "backends/cuda/device/libraries/library_needs.h"
#include "backends/cuda/device/null_device.h"
#include "base/fields.h"

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

/// A step with its operands, as a plan gives them.
struct Operands {
  explicit Operands(const MatmulStep& matmul) : step(matmul), parameters(encode_fields(matmul)) {
    add_input({matmul.batch, matmul.rows, matmul.depth});
    add_input({matmul.columns, matmul.depth});
    if (matmul.has_bias) add_input({matmul.columns});
    if (matmul.has_residual) add_input({matmul.batch, matmul.rows, matmul.columns});
    outputs.push_back(TensorView::dense(nullptr, matmul.result, {matmul.batch, matmul.rows, matmul.columns}));
    output_tensors.push_back(static_cast<int32_t>(inputs.size()));
    outputs_on_host.push_back(false);
  }
  void add_input(const Shape& dims) {
    input_tensors.push_back(static_cast<int32_t>(inputs.size()));
    inputs.push_back(TensorView::dense(nullptr, step.type, dims));
    inputs_on_host.push_back(false);
  }
  KernelSpec spec(Device& device, size_t workspace) const {
    KernelSpec spec{parameters, inputs, outputs, input_tensors, output_tensors, 1, workspace, &device};
    spec.inputs_on_host = inputs_on_host;
    spec.outputs_on_host = outputs_on_host;
    return spec;
  }
  std::unique_ptr<Kernel> create(Device& device, size_t workspace = 0) {
    parameters = encode_fields(step);
    return find_kernel(kCublasLtKernel)->create(spec(device, workspace));
  }

  MatmulStep step;
  std::vector<std::byte> parameters;
  std::vector<TensorView> inputs, outputs;
  std::vector<int32_t> input_tensors, output_tensors;
  std::vector<bool> inputs_on_host, outputs_on_host;
};

std::string refusal(Operands& operands) {
  NullDevice device;
  try {
    operands.create(device);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::InvalidEngine);
    return error.what();
  }
  return "no error";
}

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
  Operands operands(step);
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
  Operands operands(product_of(5, 6, 7));
  EXPECT_EQ(refusal(operands), "no error");
  operands.step.rows = 6;
  EXPECT_THAT(refusal(operands), HasSubstr("A of a matrix product ends before its matrices"));
  operands.step.rows = 5, operands.step.columns = 7;
  EXPECT_THAT(refusal(operands), HasSubstr("B of a matrix product ends before its matrices"));
  operands.step.columns = 6, operands.step.batch = 2;
  EXPECT_THAT(refusal(operands), HasSubstr("A of a matrix product ends before its matrices"));
  operands.step.batch = 1, operands.step.a.stride = 6;
  EXPECT_THAT(refusal(operands), HasSubstr("A of a matrix product has strides"));
  operands.step.a.stride = 7, operands.step.a.batch = INT64_MAX;
  EXPECT_THAT(refusal(operands), HasSubstr("A of a matrix product has strides"));
}

TEST(CublasLtStep, OtherOperandsAreRefused) {
  Operands operands(product_of(5, 6, 7));
  operands.step.has_bias = true;
  EXPECT_THAT(refusal(operands), HasSubstr("has 2 inputs"));
  operands.step.has_bias = false, operands.step.type = DataType::F16;
  EXPECT_THAT(refusal(operands), HasSubstr("A of a matrix product is of type f32, not f16"));
  operands.step.type = DataType::I32;
  EXPECT_THAT(refusal(operands), HasSubstr("a matrix product of type i32"));
  operands.step.type = DataType::F32, operands.step.rows = 0;
  EXPECT_THAT(refusal(operands), HasSubstr("an extent of 0"));
  operands.step.rows = 5, operands.step.algorithm.pop_back();
  EXPECT_THAT(refusal(operands), HasSubstr("an algorithm of 7 words"));
  operands.step.algorithm.push_back(0), operands.inputs_on_host[1] = true;
  EXPECT_THAT(refusal(operands), HasSubstr("B of a matrix product does not lie on the device"));
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

/// On a GPU with the library.
class CublasLtOnDevice : public testing::Test {
 protected:
  void SetUp() override {
    if (device_count() == 0) GTEST_SKIP() << "no device";
    try {
      (void)CublasLt::get();
    } catch (const Error& error) {
      GTEST_SKIP() << error.what();
    }
    device_ = &open_device(0);
    queue_ = device_->make_queue();
  }

  std::unique_ptr<DeviceBuffer> place(const std::vector<float>& values) {
    auto buffer = device_->allocate(values.size() * sizeof(float), "a test");
    EXPECT_TRUE(queue_->copy(buffer->data(), values.data(), values.size() * sizeof(float)));
    EXPECT_TRUE(queue_->synchronize());
    return buffer;
  }

  static std::vector<float> values(int64_t count, int seed) {
    std::vector<float> all(static_cast<size_t>(count));
    for (size_t i = 0; i < all.size(); ++i)
      all[i] = static_cast<float>((i * 37 + static_cast<size_t>(seed) * 11) % 17) / 8 - 1;
    return all;
  }

  /// The largest difference of what a graph of it computes, run for two sets of addresses.
  double difference(MatmulStep step) {
    const auto ways = CublasLtMatmul(step, *device_).ways(4, 1 << 22, 16);
    EXPECT_FALSE(ways.empty());
    if (ways.empty()) return 1e9;
    step.library = CublasLt::get().version();
    double worst = 0;
    for (const auto& way : ways) {
      step.algorithm.assign(way.algorithm.begin(), way.algorithm.end());
      Operands operands(step);
      const auto kernel = operands.create(*device_, way.workspace_bytes);
      const auto workspace = device_->allocate(std::max<size_t>(way.workspace_bytes, 1), "a test");
      const auto graph = device_->make_graph();
      for (int seed = 0; seed < 2; ++seed)
        worst = std::max(worst, run(operands, *kernel, {workspace->data(), way.workspace_bytes}, *graph, seed));
    }
    return worst;
  }

  double run(Operands& operands, Kernel& kernel, std::span<std::byte> workspace, LaunchGraph& graph, int seed) {
    const MatmulStep& step = operands.step;
    std::vector<std::vector<float>> inputs;
    std::vector<std::unique_ptr<DeviceBuffer>> buffers;
    for (TensorView& view : operands.inputs) {
      inputs.push_back(values(view.elements(), seed + static_cast<int>(inputs.size())));
      buffers.push_back(place(inputs.back()));
      view.data = buffers.back()->data();
    }
    std::vector<float> out(static_cast<size_t>(operands.outputs[0].elements()));
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

  Device* device_ = nullptr;
  std::unique_ptr<Queue> queue_;
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
  Operands operands(step);
  try {
    operands.create(*device_);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("the engine needs cuBLASLt 1.0, here is "));
  }
}

}  // namespace
}  // namespace tn::cuda
