// SPDX-License-Identifier: Apache-2.0
// On an emulated fp16 unit, and on a real one where there is one.
#include "backends/cpu/kernels/depthwise/f16_depthwise.h"

#include "backends/cpu/kernels/conv/conv_problem.h"
#include "backends/cpu/kernels/depthwise/f16_row_kernel.h"
#include "backends/cpu/kernels/simd/emulated_fp16.h"

namespace tn {
namespace {

constexpr F16DepthwiseKernels kEmulated = make_f16_depthwise_kernels<EmulatedFp16>();

void run_everywhere(ConvProblem problem, const std::string& name) {
  problem.params.type = problem.params.out_type = DataType::F16;
  problem.prepare();
  ASSERT_TRUE(F16Depthwise::supports(problem.params));
  std::vector<const F16DepthwiseKernels*> units = {&kEmulated};
  if (const auto* kernels = f16_depthwise_kernels(best_isa())) units.push_back(kernels);
  for (const F16DepthwiseKernels* kernels : units) {
    std::vector<std::byte> packed(F16Depthwise::packed_bytes(problem.params, *kernels));
    F16Depthwise::pack(problem.params, *kernels, problem.weights_view(), packed);
    F16Depthwise depthwise(problem.params, *kernels, problem.shape);
    ASSERT_TRUE(depthwise.bind(problem.shape));
    for (int threads : {1, 2, 3}) {
      Lane lane(threads);
      std::vector<std::byte> workspace(depthwise.workspace_bytes(threads));
      problem.check(
          [&](const void* input, const Epilogue& epilogue, void* output) {
            depthwise.run(lane, input, packed.data(), epilogue, output, workspace.data());
          },
          kF16ProductTolerance, fmt::format("{} {} halves threads {}", name, kernels->halves, threads));
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

TEST(F16Depthwise, EveryWindowSizeAndStride) {
  for (int64_t kernel : {1, 2, 3, 4, 5, 7})
    for (int64_t stride : {1, 2, 3})
      for (int64_t channels : {1, 8, 19, 64}) {
        ConvProblem problem = depthwise_plane(channels, 11, 31, kernel, stride, kernel / 2);
        problem.batch = 2;
        run_everywhere(problem, fmt::format("{0}x{0} stride {1} channels {2}", kernel, stride, channels));
      }
}

TEST(F16Depthwise, ImagesSmallerThanTheWindow) {
  for (int64_t kernel : {3, 5})
    for (int64_t stride : {1, 2})
      for (int64_t size : {1, 2, 3})
        run_everywhere(depthwise_plane(9, size, size, kernel, stride, kernel / 2), "small");
  run_everywhere(depthwise_plane(9, 2, 2, 3, 1, 5), "rows wholly in the padding");
}

TEST(F16Depthwise, LargeImagesRowByRow) {
  run_everywhere(depthwise_plane(70, 3, 9000, 3, 1, 1), "larger than a cache");
}

TEST(F16Depthwise, DilationUnevenPadsAndViews) {
  ConvProblem problem = depthwise_plane(13, 9, 12, 3, 1, 0);
  problem.params.dilation = {1, 2, 3};
  problem.params.pad_before = {0, 2, 1};
  problem.params.pad_after = {0, 1, 5};
  run_everywhere(problem, "dilated");
  problem = depthwise_plane(21, 9, 22, 5, 2, 0);
  problem.params.pad_before = {0, 1, 2};
  problem.params.pad_after = {0, 2, 1};
  problem.gap = 3;
  problem.row_gap = 2;
  run_everywhere(problem, "TensorFlow pads, views");
}

TEST(F16Depthwise, Epilogues) {
  for (Activation activation :
       {Activation::None, Activation::Relu, Activation::Clip, Activation::Silu, Activation::HardSwish})
    for (int residual = 0; residual < 3; ++residual) {
      ConvProblem problem = depthwise_plane(21, 7, 9, 3, 1, 1);
      problem.activation = activation;
      problem.beta = 0.75f;
      problem.with_bias = residual != 1;
      problem.with_residual = residual > 0;
      problem.residual_last = residual == 2;
      problem.gap = 4;
      run_everywhere(problem, fmt::format("activation {} residual {}", static_cast<int>(activation), residual));
    }
}

}  // namespace
}  // namespace tn
