// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/depthwise/depthwise.h"

#include "backends/cpu/kernels/conv/conv_problem.h"

namespace tn {
namespace {

void run_everywhere(ConvProblem problem, const std::string& name) {
  problem.prepare();
  for (Isa isa : available_isas()) {
    problem.params.isa = isa;
    ASSERT_TRUE(Depthwise::supports(problem.params));
    std::vector<std::byte> packed(Depthwise::packed_bytes(problem.params));
    Depthwise::pack(problem.params, problem.weights_view(), packed);
    Depthwise depthwise(problem.params);
    ASSERT_TRUE(depthwise.bind(problem.shape));
    for (int threads : {1, 2, 3, 4}) {
      Lane lane(threads);
      problem.check([&](const void* input, const Epilogue& epilogue,
                        void* output) { depthwise.run(lane, input, packed.data(), epilogue, output); },
                    kF32ProductTolerance, fmt::format("{} {} threads {}", name, name_of(isa), threads));
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

TEST(Depthwise, EveryWindowSizeAndStride) {
  for (int64_t kernel : {1, 2, 3, 4, 5, 7})
    for (int64_t stride : {1, 2, 3})
      for (int64_t channels : {1, 8, 19, 32}) {
        ConvProblem problem = depthwise_plane(channels, 11, 17, kernel, stride, kernel / 2);
        problem.batch = 2;
        run_everywhere(problem, fmt::format("{0}x{0} stride {1} channels {2}", kernel, stride, channels));
      }
}

TEST(Depthwise, ImagesSmallerThanTheWindow) {
  for (int64_t kernel : {3, 5})
    for (int64_t stride : {1, 2})
      for (int64_t size : {1, 2, 3})
        run_everywhere(depthwise_plane(9, size, size, kernel, stride, kernel / 2), "small");
  run_everywhere(depthwise_plane(9, 2, 2, 3, 1, 5), "rows wholly in the padding");
}

TEST(Depthwise, DilationUnevenPadsAndViews) {
  ConvProblem problem = depthwise_plane(13, 9, 12, 3, 1, 0);
  problem.params.dilation = {1, 2, 3};
  problem.params.pad_before = {0, 2, 1};
  problem.params.pad_after = {0, 1, 5};
  run_everywhere(problem, "dilated");
  problem = depthwise_plane(21, 9, 12, 5, 2, 0);
  problem.params.pad_before = {0, 1, 2};
  problem.params.pad_after = {0, 2, 1};
  problem.gap = 3;
  problem.row_gap = 2;
  run_everywhere(problem, "TensorFlow pads, views");
}

TEST(Depthwise, ManyChannelsAndLargeImages) {
  for (Activation activation : {Activation::None, Activation::Silu}) {
    ConvProblem problem = depthwise_plane(1043, 3, 10, 3, 1, 1);  // several groups of channels, the last one narrower
    problem.activation = activation;
    run_everywhere(problem, "many channels");
    problem = depthwise_plane(40, 2, 9000, 3, 2, 1);  // larger than the L2 cache: row by row
    problem.activation = activation;
    run_everywhere(problem, "a large image");
  }
}

TEST(Depthwise, EpilogueAndNarrowTypes) {
  for (DataType type : {DataType::F32, DataType::F16, DataType::BF16})
    for (Activation activation : {Activation::Relu, Activation::Clip, Activation::Silu, Activation::HardSwish}) {
      ConvProblem problem = depthwise_plane(21, 7, 9, 3, 1, 1);
      problem.params.type = problem.params.out_type = type;
      problem.activation = activation;
      problem.beta = 0.75f;
      run_everywhere(problem, fmt::format("{} activation {}", name_of(type), static_cast<int>(activation)));
      problem.with_residual = problem.residual_last = true;
      problem.gap = 4;
      run_everywhere(problem, fmt::format("{} with residual", name_of(type)));
    }
}

}  // namespace
}  // namespace tn
