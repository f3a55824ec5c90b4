// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/winograd/winograd.h"

#include "backends/cpu/kernels/conv/conv_problem.h"

namespace tn {
namespace {

/// Relative to the sum of the absolute products.
constexpr double kF2Tolerance = 5e-6, kF4Tolerance = 2e-5, kF2HalfTolerance = 8e-3;

void run_everywhere(ConvProblem problem, const std::string& name) {
  problem.prepare();
  for (Isa isa : available_isas()) {
    problem.params.isa = isa;
    for (WinogradConfig config : Winograd::configs(problem.params)) {
      if (config.block > 0) config.block = 5;  // several blocks even in small images
      std::vector<std::byte> packed(Winograd::packed_bytes(problem.params, config));
      Winograd::pack(problem.params, config, problem.weights_view(), packed);
      Winograd winograd(problem.params, config, problem.shape);
      ASSERT_TRUE(winograd.bind(problem.shape));
      for (int threads : {1, 2, 3, 4}) {
        Lane lane(threads);
        std::vector<std::byte> workspace(winograd.workspace_bytes(threads));
        const double tolerance = problem.params.type == DataType::F16 ? kF2HalfTolerance
                                 : config.outputs == 2                ? kF2Tolerance
                                                                      : kF4Tolerance;
        problem.check(
            [&](const void* input, const Epilogue& epilogue, void* output) {
              winograd.run(lane, input, packed.data(), epilogue, output, workspace.data());
            },
            tolerance,
            fmt::format("{} {} F({},3) block {} threads {}", name, name_of(isa), config.outputs, config.block,
                        threads));
        if (testing::Test::HasFatalFailure()) return;
      }
    }
  }
}

ConvProblem plane(int64_t in, int64_t out, int64_t height, int64_t width, int64_t pad) {
  ConvProblem problem;
  problem.params.in_channels = in;
  problem.params.out_channels = out;
  problem.params.kernel = {1, 3, 3};
  problem.params.pad_before = problem.params.pad_after = {0, pad, pad};
  problem.in = {1, height, width};
  return problem;
}

TEST(Winograd, SizesChannelsAndPads) {
  for (int64_t size : {1, 2, 3, 4, 7, 10}) run_everywhere(plane(5, 7, size, size + 1, 1), fmt::format("size {}", size));
  for (int64_t pad : {0, 2}) run_everywhere(plane(3, 9, 6, 9, pad), fmt::format("pad {}", pad));
  for (int64_t channels : {1, 8, 17, 40}) run_everywhere(plane(channels, 70 - channels, 9, 8, 1), "channels");
  ConvProblem uneven = plane(4, 6, 8, 5, 0);
  uneven.params.pad_before = {0, 2, 0};
  uneven.params.pad_after = {0, 0, 1};
  uneven.batch = 3;
  run_everywhere(uneven, "uneven pads");
}

TEST(Winograd, EpilogueTypesAndViews) {
  for (Activation activation : {Activation::Relu, Activation::Clip, Activation::Silu})
    for (int residual = 0; residual < 3; ++residual) {
      ConvProblem problem = plane(9, 75, 6, 7, 1);
      problem.activation = activation;
      problem.alpha = -0.5f;
      problem.beta = 0.75f;
      problem.with_residual = residual > 0;
      problem.residual_last = residual == 2;
      problem.gap = residual * 2;
      problem.row_gap = residual;
      run_everywhere(problem, fmt::format("activation {} residual {}", static_cast<int>(activation), residual));
      problem.params.out_type = DataType::F16;
      run_everywhere(problem, "f16 output");
    }
}

TEST(Winograd, HalfProducts) {
  ConvProblem problem = plane(33, 40, 9, 10, 1);
  problem.params.type = problem.params.out_type = DataType::F16;
  if (best_isa() != Isa::Avx512Fp16) GTEST_SKIP() << "this CPU lacks AVX512-FP16";
  run_everywhere(problem, "f16");
}

}  // namespace
}  // namespace tn
