// SPDX-License-Identifier: Apache-2.0
// Convolution of bytes: every instruction set that is here, and the plain one, whose tiles are those of VNNI, against
// plain integers, to the last bit.
#include <fmt/format.h>

#include "backends/cpu/kernels/depthwise/depthwise.h"
#include "backends/cpu/kernels/depthwise/int8_depthwise.h"
#include "backends/cpu/kernels/int8/int8_problem.h"

namespace tn {
namespace {

void run_everywhere(Int8Problem problem, const std::string& name) {
  problem.prepare();
  for (Isa isa : available_int8_isas()) {
    ConvParams& params = problem.params;
    params.isa = isa;
    ASSERT_TRUE(Conv::supports(params));
    problem.correct_for(product_kernels(isa, params.type)->signed_offset);
    for (const ConvConfig& config : Conv::configs(params)) {
      if (config.merge_width && problem.gap != 0) continue;
      params.config = config;
      std::vector<std::byte> packed(Conv::packed_bytes(params));
      Conv::pack(params, problem.weights_view(), packed);
      Conv conv(params, problem.shape);
      ASSERT_TRUE(conv.bind(problem.shape));
      for (int threads : {1, 3}) {
        Lane lane(threads);
        std::vector<char> workspace(conv.workspace_bytes(threads));
        problem.check([&](const void* input, const Epilogue& epilogue,
                          void* output) { conv.run(lane, input, packed.data(), epilogue, output, workspace.data()); },
                      fmt::format("{} {} {}x{} merge {} threads {}", name, name_of(isa), config.tile.rows,
                                  config.tile.vectors, config.merge_width, threads));
        if (testing::Test::HasFatalFailure()) return;
      }
    }
  }
}

Int8Problem plane(int64_t in, int64_t out, int64_t height, int64_t width, int64_t kernel, int64_t stride = 1,
                  int64_t pad = 0) {
  Int8Problem problem;
  problem.params.type = problem.params.out_type = DataType::U8;
  problem.params.in_channels = in;
  problem.params.out_channels = out;
  problem.params.kernel = {1, kernel, kernel};
  problem.params.stride = {1, stride, stride};
  problem.params.pad_before = problem.params.pad_after = {0, pad, pad};
  problem.params.zero_point = 117;
  problem.in = {1, height, width};
  return problem;
}

TEST(Int8Conv, PointwiseWithOddChannels) {
  for (int64_t in : {1, 3, 4, 17, 64})
    for (int64_t out : {1, 8, 13, 31, 32, 70}) {
      Int8Problem problem = plane(in, out, 5, 7, 1);
      problem.batch = 2;
      run_everywhere(problem, fmt::format("1x1 {}-{}", in, out));
    }
}

TEST(Int8Conv, WindowsStridesPadsDilationGroups) {
  run_everywhere(plane(5, 19, 9, 11, 3, 1, 1), "3x3");
  run_everywhere(plane(6, 33, 9, 11, 3, 2, 1), "3x3 stride 2");
  run_everywhere(plane(16, 32, 8, 8, 1, 2), "1x1 stride 2");
  run_everywhere(plane(3, 40, 20, 22, 7, 2, 3), "the stem");
  Int8Problem problem = plane(12, 18, 10, 12, 3);
  problem.params.groups = 3;
  problem.params.dilation = {1, 2, 3};
  problem.params.pad_before = {0, 0, 3};
  problem.params.pad_after = {0, 2, 1};
  problem.batch = 2;
  problem.gap = 3;
  run_everywhere(problem, "groups, dilation, uneven pads and gaps");
}

TEST(Int8Conv, ExtremesDoNotSaturate) {
  for (DataType type : {DataType::U8, DataType::I8})
    for (int zero_point : {type == DataType::U8 ? 0 : -128, 0, type == DataType::U8 ? 255 : 127}) {
      Int8Problem problem = plane(64, 40, 6, 5, 3, 1, 1);
      problem.params.type = type;
      problem.params.zero_point = zero_point;
      problem.extreme = true;
      run_everywhere(problem, fmt::format("extremes of {} around {}", name_of(type), zero_point));
    }
}

TEST(Int8Conv, TypesResidualsTablesBounds) {
  for (DataType type : {DataType::U8, DataType::I8})
    for (DataType to : {DataType::U8, DataType::I8, DataType::F32})
      for (bool with_residual : {false, true})
        for (bool with_table : {false, true}) {
          if (to == DataType::F32 && (with_residual || with_table)) continue;
          Int8Problem problem = plane(9, 45, 7, 6, 3, 1, 1);
          problem.params.type = type;
          problem.params.out_type = to;
          problem.params.zero_point = type == DataType::I8 ? -9 : 9;
          problem.with_residual = with_residual;
          problem.residual_type = to == DataType::I8 ? DataType::I8 : DataType::U8;
          problem.with_table = with_table;
          if (to == DataType::I8) problem.low = -100, problem.high = 90, problem.out_zero_point = -7;
          run_everywhere(problem, fmt::format("{} to {}, residual {}, table {}", name_of(type), name_of(to),
                                              with_residual, with_table));
        }
}

TEST(Int8Conv, ResidualsBehindTheFirstQuantization) {
  for (DataType type : {DataType::U8, DataType::I8}) {
    Int8Problem problem = plane(9, 45, 7, 6, 3, 1, 1);
    problem.with_residual = problem.again = true;
    problem.residual_type = type;
    run_everywhere(problem, fmt::format("a residual of {}", name_of(type)));
  }
}

TEST(Int8Conv, PointwiseBatchesAreOneImageAlsoWithResiduals) {
  Int8Problem problem = plane(20, 64, 3, 3, 1);
  problem.batch = 5;
  problem.with_residual = true;
  run_everywhere(problem, "batch");
  problem.gap = 5;
  run_everywhere(problem, "batch with gaps");
}

Int8Problem depthwise(int64_t channels, int64_t height, int64_t width, int64_t kernel, int64_t stride) {
  Int8Problem problem = plane(channels, channels, height, width, kernel, stride, kernel / 2);
  problem.params.groups = channels;
  return problem;
}

/// `Algorithm` on every set of `isas` that has it; `corrected` where sums are what bytes give as they are.
template <typename Algorithm>
void run_depthwise(Int8Problem& problem, const TensorView& weights, std::span<const Isa> isas, bool corrected,
                   const std::string& name) {
  for (Isa isa : isas) {
    ConvParams& params = problem.params;
    params.isa = isa;
    if (!Algorithm::supports(params)) continue;
    const ProductKernels* products = corrected ? product_kernels(isa, params.type) : nullptr;
    problem.correct_for(products ? products->signed_offset : 0);
    std::vector<std::byte> packed(Algorithm::packed_bytes(params));
    Algorithm::pack(params, weights, packed);
    Algorithm conv(params);
    ASSERT_TRUE(conv.bind(problem.shape));
    for (int threads : {1, 3}) {
      Lane lane(threads);
      problem.check([&](const void* input, const Epilogue& epilogue,
                        void* output) { conv.run(lane, input, packed.data(), epilogue, output); },
                    fmt::format("{} {} threads {}", name, name_of(isa), threads));
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

void run_depthwise(Int8Problem problem, const std::string& name) {
  problem.prepare();
  std::vector<float> numbers(problem.weights.begin(), problem.weights.end());
  TensorView weights = problem.weights_view();
  run_depthwise<Int8Depthwise>(problem, weights, available_int8_isas(), true, name + ", four rows at once,");
  weights.data = numbers.data();
  weights.type = DataType::F32;
  run_depthwise<Depthwise>(problem, weights, available_isas(), false, name);
}

TEST(Int8Depthwise, WindowsAndChannels) {
  for (int64_t channels : {1, 8, 13, 32, 70})
    for (int64_t kernel : {3, 4, 5})
      for (int64_t stride : {1, 2, 3})
        run_depthwise(depthwise(channels, 11, 37, kernel, stride),
                      fmt::format("{} channels, {}x{}, stride {}", channels, kernel, kernel, stride));
}

TEST(Int8Depthwise, TypesResidualsTablesGaps) {
  for (DataType type : {DataType::U8, DataType::I8})
    for (DataType to : {DataType::U8, DataType::I8, DataType::F32})
      for (bool with_residual : {false, true}) {
        if (to == DataType::F32 && with_residual) continue;
        Int8Problem problem = depthwise(41, 9, 10, 3, 1);
        problem.params.type = type;
        problem.params.out_type = to;
        problem.params.zero_point = type == DataType::I8 ? -9 : 9;
        problem.extreme = true;
        problem.gap = 3;
        problem.batch = 2;
        problem.with_residual = problem.again = with_residual;
        if (to == DataType::I8) problem.low = -100, problem.high = 90, problem.out_zero_point = -7;
        run_depthwise(problem, fmt::format("{} to {}, residual {}", name_of(type), name_of(to), with_residual));
      }
}

}  // namespace
}  // namespace tn
