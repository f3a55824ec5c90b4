// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/gemm/gemm.h"

#include <gtest/gtest.h>

#include "backends/cpu/kernels/conv/conv_problem.h"
#include "backends/cpu/kernels/gemm/matmul.h"

namespace tn {
namespace {

/// outer x inner products of [m, k] and [k, n]. Heads lie side by side in a row, as attention has them:
/// A is [outer, m, inner, k], C is [outer, m, inner, n], B [outer, inner, k, n] or transposed.
struct Problem {
  int64_t outer = 1, inner = 1, m = 1, n = 1, k = 1;
  bool transpose_b = false, shared_b = false, with_bias = true, with_residual = false;
  DataType type = DataType::F32, out_type = DataType::F32;
  Activation activation = Activation::None;

  MatMulShape shape;
  std::vector<float> a, b, bias, residual;
  std::vector<double> want, scale;  ///< in C's order

  std::string name() const {
    return fmt::format("{}x{} [{},{}]x[{},{}] transpose {} shared {} type {} out {} activation {}", outer, inner, m, k,
                       k, n, transpose_b, shared_b, name_of(type), name_of(out_type), static_cast<int>(activation));
  }

  static std::vector<float> random(int64_t count, DataType type, unsigned seed) {
    std::mt19937 generator(seed);
    std::uniform_real_distribution<float> uniform(-1, 1);
    std::vector<float> values(static_cast<size_t>(count));
    for (float& x : values) x = ConvProblem::round_to(type, uniform(generator));
    return values;
  }

  void prepare() {
    shape = {outer,
             inner,
             m,
             n,
             k,
             {m * inner * k, k, inner * k},
             {inner * k * n, k * n, transpose_b ? k : n},
             {m * inner * n, n, inner * n}};
    if (shared_b) shape.b[0] = shape.b[1] = 0;
    a = random(outer * inner * m * k, type, 1);
    b = random((shared_b ? 1 : outer * inner) * k * n, type, 2);
    bias = random(n, DataType::F32, 3);
    residual = random(outer * inner * m * n, out_type, 4);
    want.assign(residual.size(), 0);
    scale = want;
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t i = 0; i < inner; ++i)
        for (int64_t row = 0; row < m; ++row)
          for (int64_t j = 0; j < n; ++j) one(o, i, row, j);
  }

  void one(int64_t o, int64_t i, int64_t row, int64_t j) {
    const auto at = static_cast<size_t>(o * shape.c[0] + i * shape.c[1] + row * shape.c[2] + j);
    double sum = with_bias ? bias[static_cast<size_t>(j)] : 0, size = 1 + std::fabs(sum);
    for (int64_t p = 0; p < k; ++p) {
      const int64_t from = transpose_b ? j * shape.b[2] + p : p * shape.b[2] + j;
      const double product =
          static_cast<double>(a[static_cast<size_t>(o * shape.a[0] + i * shape.a[1] + row * shape.a[2] + p)]) *
          b[static_cast<size_t>(o * shape.b[0] + i * shape.b[1] + from)];
      sum += product;
      size += std::fabs(product);
    }
    want[at] = activation_reference(activation, sum + (with_residual ? residual[at] : 0), 0, 0);
    scale[at] = size;
  }

  template <typename Run>
  void check(Run&& run, const std::string& how) {
    const auto a_bytes = ConvProblem::bytes_of(type, a), b_bytes = ConvProblem::bytes_of(type, b);
    const auto residual_bytes = ConvProblem::bytes_of(out_type, residual);
    std::vector<char> output(want.size() * size_of(out_type));
    Epilogue e;
    e.bias = with_bias ? bias.data() : nullptr;
    e.activation = activation;
    e.residual = with_residual ? residual_bytes.data() : nullptr;
    e.residual_type = out_type;
    e.residual_strides.axis = shape.c;
    run(a_bytes.data(), b_bytes.data(), e, output.data());
    std::vector<float> got(want.size());
    const auto count = static_cast<int64_t>(got.size());
    copy(TensorView::dense(output.data(), out_type, {count}), TensorView::dense(got.data(), DataType::F32, {count}));
    const double tolerance = type == DataType::F16 ? kF16ProductTolerance : kF32ProductTolerance;
    for (size_t i = 0; i < want.size(); ++i) {
      ASSERT_NEAR(got[i], want[i], tolerance * scale[i] + rounding_of(out_type) * std::fabs(want[i]))
          << name() << " " << how << " at " << i;
    }
  }

  void run_matmul() {
    prepare();
    for (Isa isa : available_isas()) {
      MatMulParams params{transpose_b, type, out_type, isa, {}};
      for (const TileShape& tile : MatMul::configs(params)) {
        params.tile = tile;
        MatMulShape larger = shape;
        larger.n += 9;
        larger.k += 5;
        MatMul matmul(params, larger);
        ASSERT_TRUE(matmul.bind(shape));
        for (int threads : {1, 2, 4}) {
          Lane lane(threads);
          std::vector<char> workspace(matmul.workspace_bytes(threads));
          check([&](const void* pa, const void* pb, const Epilogue& e,
                    void* pc) { matmul.run(lane, pa, pb, e, pc, workspace.data()); },
                fmt::format("matmul {} {}x{} threads {}", name_of(isa), tile.rows, tile.vectors, threads));
          if (testing::Test::HasFatalFailure()) return;
        }
      }
    }
  }

  /// With B packed before; one inner matrix, B shared by all batches.
  void run_gemm() {
    shared_b = true;
    prepare();
    for (Isa isa : available_isas()) {
      GemmParams params{k, n, type, out_type, isa, {}};
      for (const TileShape& tile : Gemm::configs(params)) {
        params.tile = tile;
        std::vector<std::byte> packed(Gemm::packed_bytes(params));
        const Shape strides = transpose_b ? Shape{1, k} : Shape{n, 1};
        Gemm::pack(params, {b.data(), DataType::F32, {k, n}, strides}, packed);
        Gemm gemm(params);
        ASSERT_TRUE(gemm.bind({outer, m, shape.a[0], shape.a[2], shape.c[0], shape.c[2]}));
        for (int threads : {1, 2, 4}) {
          Lane lane(threads);
          check(
              [&](const void* pa, const void*, Epilogue e, void* pc) {
                e.residual_strides = {shape.c[0], {0, 0, shape.c[2]}};
                gemm.run(lane, pa, packed.data(), e, pc, nullptr);
              },
              fmt::format("gemm {} {}x{} threads {}", name_of(isa), tile.rows, tile.vectors, threads));
          if (testing::Test::HasFatalFailure()) return;
        }
      }
    }
  }
};

TEST(Gemm, SizesAndBatches) {
  for (int64_t m : {1, 2, 5, 13, 40})
    for (int64_t n : {1, 7, 16, 33, 100})
      for (int64_t k : {1, 3, 31, 64}) {
        Problem problem{.outer = m < 10 ? 3 : 1, .m = m, .n = n, .k = k, .transpose_b = n % 2 == 0};
        problem.run_gemm();
      }
}

TEST(Gemm, Epilogue) {
  for (Activation activation : {Activation::Relu, Activation::Gelu, Activation::GeluTanh})
    for (DataType type : {DataType::F32, DataType::F16, DataType::BF16}) {
      Problem problem{.outer = 2, .m = 7, .n = 45, .k = 20};
      problem.activation = activation;
      problem.out_type = type;
      problem.with_residual = true;
      problem.run_gemm();
    }
}

// More activations than a cache holds: k comes in stretches that add up in the output.
TEST(Gemm, SplitsALongDepth) {
  for (Activation activation : {Activation::None, Activation::Relu, Activation::Gelu})
    for (bool with_residual : {false, true}) {
      Problem problem{.m = 450, .n = 100, .k = 2 * 600 + 3};
      problem.activation = activation;
      problem.with_residual = with_residual;
      problem.run_gemm();
    }
}

TEST(MatMul, SizesHeadsAndTransposes) {
  for (int64_t m : {1, 2, 3, 17})
    for (int64_t n : {1, 5, 33, 300})
      for (int64_t k : {1, 7, 40})
        for (bool transpose : {false, true}) {
          Problem problem{.outer = 2, .inner = n < 100 ? 3 : 1, .m = m, .n = n, .k = k, .transpose_b = transpose};
          problem.run_matmul();
        }
}

TEST(MatMul, SharedBEpilogueAndTypes) {
  for (int64_t m : {1, 9})
    for (DataType type : {DataType::F32, DataType::F16}) {
      Problem problem{.outer = 3, .inner = 2, .m = m, .n = 50, .k = 33, .shared_b = true};
      problem.out_type = type;
      problem.activation = Activation::Silu;
      problem.with_residual = true;
      problem.run_matmul();
    }
}

TEST(MatMul, NothingToAdd) {
  Problem problem{.m = 4, .n = 20, .k = 0, .with_bias = true};
  problem.run_matmul();
}

TEST(MatMul, RefusesMoreThanItWasMadeFor) {
  MatMulParams params;
  params.tile = MatMul::configs(params).front();
  MatMulShape shape{.m = 4, .n = 8, .k = 8};
  MatMul matmul(params, shape);
  EXPECT_TRUE(matmul.bind(shape));
  shape.n = 9;
  EXPECT_FALSE(matmul.bind(shape));
}

TEST(Gemm, HalfProducts) {
  if (best_isa() != Isa::Avx512Fp16) GTEST_SKIP() << "this CPU lacks AVX512-FP16";
  for (int64_t m : {1, 9})
    for (int64_t k : {1, 33, 64, 300})
      for (bool transpose : {false, true}) {
        Problem problem{.m = m, .n = 50, .k = k, .transpose_b = transpose};
        problem.type = problem.out_type = DataType::F16;
        problem.run_gemm();
        problem.run_matmul();
      }
}

}  // namespace
}  // namespace tn
