// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/conv/conv.h"

#include <cstdlib>
#include <memory>

#include "backends/cpu/kernels/conv/conv_problem.h"

namespace tn {
namespace {

/// 64-byte aligned memory of exactly `bytes`.
struct Aligned {
  explicit Aligned(size_t bytes) : data(std::aligned_alloc(64, (bytes + 127) / 64 * 64)), size(bytes) {}
  ~Aligned() { std::free(data); }
  Aligned(const Aligned&) = delete;
  Aligned& operator=(const Aligned&) = delete;
  std::span<std::byte> bytes() { return {static_cast<std::byte*>(data), size}; }
  void* data;
  size_t size;
};

void run_everywhere(ConvProblem problem, const std::string& name) {
  problem.prepare();
  for (Isa isa : available_isas()) {
    problem.params.isa = isa;
    if (!Conv::supports(problem.params)) continue;
    for (const ConvConfig& config : Conv::configs(problem.params)) {
      if (config.merge_width && problem.gap != 0) continue;
      problem.params.config = config;
      Aligned packed(Conv::packed_bytes(problem.params));
      Conv::pack(problem.params, problem.weights_view(), packed.bytes());
      Conv conv(problem.params, problem.shape);
      ASSERT_TRUE(conv.bind(problem.shape));
      for (int threads : {1, 2, 3, 4}) {
        Lane lane(threads);
        Aligned workspace(conv.workspace_bytes(threads));
        const double tolerance = problem.params.type == DataType::F16 ? kF16ProductTolerance : kF32ProductTolerance;
        problem.check([&](const void* input, const Epilogue& epilogue,
                          void* output) { conv.run(lane, input, packed.data, epilogue, output, workspace.data); },
                      tolerance,
                      fmt::format("{} {} {}x{} merge {} threads {}", name, name_of(isa), config.tile.rows,
                                  config.tile.vectors, config.merge_width, threads));
        if (testing::Test::HasFatalFailure()) return;
      }
    }
  }
}

ConvProblem plane(int64_t in, int64_t out, int64_t height, int64_t width, int64_t kernel, int64_t stride = 1,
                  int64_t pad = 0) {
  ConvProblem problem;
  problem.params.in_channels = in;
  problem.params.out_channels = out;
  problem.params.kernel = {1, kernel, kernel};
  problem.params.stride = {1, stride, stride};
  problem.params.pad_before = problem.params.pad_after = {0, pad, pad};
  problem.in = {1, height, width};
  return problem;
}

TEST(Conv, PointwiseWithOddChannels) {
  for (int64_t in : {1, 3, 17})
    for (int64_t out : {1, 8, 13, 31, 40, 70, 129}) {
      ConvProblem problem = plane(in, out, 5, 7, 1);
      problem.batch = 3;
      run_everywhere(problem, fmt::format("1x1 {}-{}", in, out));
    }
}

TEST(Conv, WindowsStridesPadsDilation) {
  run_everywhere(plane(5, 19, 9, 11, 3, 1, 1), "3x3");
  run_everywhere(plane(6, 33, 9, 11, 3, 2, 1), "3x3 stride 2");
  run_everywhere(plane(16, 32, 8, 8, 1, 2), "1x1 stride 2");
  run_everywhere(plane(2, 5, 13, 12, 5, 3, 2), "5x5 stride 3");
  ConvProblem problem = plane(4, 9, 10, 12, 3);
  problem.params.dilation = {1, 2, 3};
  problem.params.pad_before = {0, 0, 3};
  problem.params.pad_after = {0, 2, 1};
  problem.batch = 2;
  run_everywhere(problem, "dilated, uneven pads");
  problem = plane(3, 8, 3, 3, 3, 1, 4);
  run_everywhere(problem, "windows wholly in the padding");
}

TEST(Conv, FewChannelsMergeTheWidth) {
  run_everywhere(plane(3, 21, 23, 26, 7, 2, 3), "stem 7x7");
  run_everywhere(plane(3, 32, 17, 15, 3, 2, 1), "stem 3x3");
  run_everywhere(plane(1, 6, 12, 12, 5, 1, 2), "one channel");
  ConvProblem problem = plane(4, 16, 3, 4, 6, 1, 5);
  problem.batch = 2;
  run_everywhere(problem, "window wider than the image");
}

TEST(Conv, Groups) {
  for (int64_t groups : {2, 4, 12}) {
    ConvProblem problem = plane(24, 36, 7, 6, 3, 1, 1);
    problem.params.groups = groups;
    problem.batch = 2;
    run_everywhere(problem, fmt::format("{} groups", groups));
    problem.params.kernel = {1, 1, 1};
    problem.params.pad_before = problem.params.pad_after = {};
    run_everywhere(problem, fmt::format("{} groups 1x1", groups));
  }
}

TEST(Conv, OneAndThreeDimensions) {
  ConvProblem line = plane(7, 20, 1, 40, 1);
  line.params.kernel = {1, 1, 5};
  line.params.pad_before = {0, 0, 4};
  run_everywhere(line, "1-D causal");
  ConvProblem volume = plane(3, 10, 6, 5, 3, 1, 1);
  volume.params.kernel = {3, 3, 3};
  volume.params.stride = {2, 1, 2};
  volume.params.pad_before = {1, 1, 0};
  volume.in = {5, 6, 7};
  run_everywhere(volume, "3-D");
}

TEST(Conv, ViewsWithGapsBetweenPixelsAndRows) {
  for (int64_t kernel : {1, 3}) {
    ConvProblem problem = plane(10, 21, 6, 7, kernel, 1, kernel / 2);
    problem.gap = 5;
    problem.batch = 2;
    problem.with_residual = true;
    run_everywhere(problem, "channel slices");
    problem.row_gap = 3;
    run_everywhere(problem, "rows with gaps");
  }
}

TEST(Conv, EveryActivationWithResidualBeforeAndAfter) {
  for (int a = 0; a <= static_cast<int>(Activation::Tanh); ++a) {
    ConvProblem problem = plane(9, 37, 4, 5, 3, 1, 1);
    problem.activation = static_cast<Activation>(a);
    problem.alpha = problem.activation == Activation::Clip ? -0.5f : 0.2f;
    problem.beta = problem.activation == Activation::Clip ? 1.5f : 0.4f;
    for (int residual = 0; residual < 3; ++residual) {
      problem.with_residual = residual > 0;
      problem.residual_last = residual == 2;
      problem.with_bias = residual != 1;
      run_everywhere(problem, fmt::format("activation {} residual {}", a, residual));
    }
  }
}

TEST(Conv, NarrowOutputs) {
  for (DataType type : {DataType::F16, DataType::BF16}) {
    ConvProblem problem = plane(9, 37, 4, 5, 3, 1, 1);
    problem.params.out_type = type;
    problem.activation = Activation::Relu;
    problem.with_residual = true;
    run_everywhere(problem, "narrow output");
  }
}

TEST(Conv, HalfProducts) {
  if (best_isa() != Isa::Avx512Fp16) GTEST_SKIP() << "this CPU lacks AVX512-FP16";
  for (int64_t in : {1, 2, 7, 64, 150})
    for (int64_t kernel : {1, 3}) {
      ConvProblem problem = plane(in, 37, 6, 7, kernel, 1, kernel / 2);
      problem.params.type = problem.params.out_type = DataType::F16;
      problem.activation = Activation::Relu;
      problem.with_residual = true;
      problem.gap = in % 2;
      run_everywhere(problem, fmt::format("f16 {0}x{0} {1} channels", kernel, in));
    }
  ConvProblem stem = plane(3, 21, 13, 12, 7, 2, 3);
  stem.params.type = stem.params.out_type = DataType::F16;
  run_everywhere(stem, "f16 stem");
}

TEST(Conv, OneObjectTakesEverySmallerShape) {
  ConvProblem problem = plane(8, 24, 12, 12, 3, 1, 1);
  problem.params.isa = best_isa();
  problem.params.config = Conv::configs(problem.params).front();
  problem.prepare();
  Conv conv(problem.params, problem.shape);
  Aligned packed(Conv::packed_bytes(problem.params));
  Conv::pack(problem.params, problem.weights_view(), packed.bytes());
  const std::vector<float> weights = problem.weights;
  Lane lane(2);
  for (int64_t size : {12, 5, 1, 12, 8})
    for (int64_t batch : {1, 3}) {
      problem.in = {1, size, size};
      problem.batch = batch;
      problem.prepare();
      problem.weights = weights;
      problem.reference();
      ASSERT_TRUE(conv.bind(problem.shape));
      problem.check([&](const void* input, const Epilogue& epilogue,
                        void* output) { conv.run(lane, input, packed.data, epilogue, output, nullptr); },
                    kF32ProductTolerance, "rebound");
    }
  problem.in = {1, 13, 13};
  problem.prepare();
  EXPECT_FALSE(conv.bind(problem.shape));
}

}  // namespace
}  // namespace tn
