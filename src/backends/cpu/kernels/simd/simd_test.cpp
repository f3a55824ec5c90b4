// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "backends/cpu/kernels/simd/isa.h"
#include "backends/cpu/kernels/simd/simd_probe.h"

namespace tn {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr double kUlp = 0x1p-23;

class Simd : public testing::TestWithParam<Isa> {
 protected:
  void SetUp() override {
    const auto isas = available_isas();
    if (std::find(isas.begin(), isas.end(), GetParam()) == isas.end())
      GTEST_SKIP() << "this CPU lacks " << name_of(GetParam());
  }
  static const SimdProbe& probe() {
    switch (GetParam()) {
      case Isa::Avx2:
        return simd_probe_avx2();
      case Isa::Avx512:
        return simd_probe_avx512();
      case Isa::Avx512Fp16:
        return simd_probe_avx512fp16();
      default:
        return simd_probe_generic();
    }
  }
  static std::vector<float> apply(SimdOp op, const std::vector<float>& in) {
    std::vector<float> out(in.size() + 1, -7.0f);
    probe().unary(op, in.data(), out.data(), static_cast<int64_t>(in.size()));
    EXPECT_EQ(out.back(), -7.0f) << "wrote past the end";
    out.pop_back();
    return out;
  }
  /// Largest |got - want| / max(|want|, floor) over a sweep of [low, high].
  template <typename Reference>
  static double worst(SimdOp op, float low, float high, double floor, Reference reference) {
    std::vector<float> in;
    for (int i = 0; i <= 100002; ++i) in.push_back(low + (high - low) * static_cast<float>(i) / 100002.0f);
    const auto out = apply(op, in);
    double error = 0;
    for (size_t i = 0; i < in.size(); ++i) {
      const double want = reference(static_cast<double>(in[i]));
      error = std::max(error, std::fabs(out[i] - want) / std::max(std::fabs(want), floor));
    }
    return error;
  }
};

TEST_P(Simd, FunctionsAreCloseToTheRealOnes) {
  EXPECT_LT(worst(SimdOp::Exp, -87.0f, 88.7f, 0, [](double x) { return std::exp(x); }), 2 * kUlp);
  EXPECT_LT(worst(SimdOp::Sigmoid, -80.0f, 80.0f, 0, [](double x) { return 1 / (1 + std::exp(-x)); }), 4 * kUlp);
  EXPECT_LT(worst(SimdOp::Silu, -80.0f, 80.0f, 1e-30, [](double x) { return x / (1 + std::exp(-x)); }), 4 * kUlp);
  EXPECT_LT(worst(SimdOp::Tanh, -12.0f, 12.0f, 1e-30, [](double x) { return std::tanh(x); }), 6 * kUlp);
  EXPECT_LT(worst(SimdOp::Erf, -6.0f, 6.0f, 1e-30, [](double x) { return std::erf(x); }), 8 * kUlp);
}

TEST_P(Simd, ExpAtTheEnds) {
  const auto out = apply(SimdOp::Exp, {-kInf, -200.0f, 0.0f, 89.0f, kInf, std::nanf("")});
  EXPECT_EQ(out[0], 0.0f);
  EXPECT_EQ(out[1], 0.0f);
  EXPECT_EQ(out[2], 1.0f);
  EXPECT_EQ(out[3], kInf);
  EXPECT_EQ(out[4], kInf);
  EXPECT_TRUE(std::isnan(out[5]));
}

TEST_P(Simd, SigmoidAtTheEnds) {
  const std::vector<float> ends = {-kInf, -200.0f, 0.0f, 200.0f, kInf, std::nanf("")};
  const auto sigmoid = apply(SimdOp::Sigmoid, ends);
  EXPECT_EQ((std::vector<float>{sigmoid.begin(), sigmoid.end() - 1}), (std::vector<float>{0, 0, 0.5f, 1, 1}));
  EXPECT_TRUE(std::isnan(sigmoid[5]));
  const auto silu = apply(SimdOp::Silu, ends);
  EXPECT_EQ((std::vector<float>{silu.begin() + 1, silu.end() - 1}), (std::vector<float>{0, 0, 200.0f, kInf}));
  EXPECT_TRUE(std::isnan(silu[5]));
}

TEST_P(Simd, RoundSqrtAbs) {
  EXPECT_EQ(apply(SimdOp::Round, {0.5f, 1.5f, -2.5f, 2.4f, -2.6f}), (std::vector<float>{0, 2, -2, 2, -3}));
  EXPECT_EQ(apply(SimdOp::Sqrt, {4.0f, 9.0f, 0.0f}), (std::vector<float>{2, 3, 0}));
  EXPECT_EQ(apply(SimdOp::Abs, {-4.0f, 9.0f, -kInf}), (std::vector<float>{4, 9, kInf}));
}

TEST_P(Simd, NarrowTypesRoundToNearestEvenAtEveryCount) {
  std::vector<float> in;
  for (uint32_t i = 0; i < 70001; ++i) in.push_back(std::bit_cast<float>(i * 61356u + 77u));
  in.insert(in.end(), {kInf, -kInf, 1.0f + 0x1p-8f, 1.0f + 3 * 0x1p-8f, 65519.0f, 65520.0f});
  const auto half = apply(SimdOp::Half, in), brain = apply(SimdOp::BFloat16, in);
  for (size_t i = 0; i < in.size(); ++i) {
    if (std::isnan(in[i])) {
      EXPECT_TRUE(std::isnan(half[i]) && std::isnan(brain[i]));
      continue;
    }
    ASSERT_EQ(half[i], static_cast<float>(Half(in[i]))) << in[i];
    ASSERT_EQ(brain[i], static_cast<float>(BFloat16(in[i]))) << in[i];
  }
  for (size_t count = 1; count < 40; ++count) {
    const std::vector<float> some(in.begin() + 20000, in.begin() + 20000 + static_cast<long>(count));
    const auto got = apply(SimdOp::Half, some);
    for (size_t i = 0; i < count; ++i) ASSERT_EQ(got[i], half[20000 + i]);
  }
}

TEST_P(Simd, ReductionsAndThreeOperandFunctions) {
  const auto lanes = static_cast<size_t>(probe().lanes);
  std::vector<float> a(lanes), b(lanes), c(lanes), out(5 * lanes);
  float sum = 0;
  for (size_t i = 0; i < lanes; ++i) {
    a[i] = static_cast<float>((i * 5) % lanes) - 2;
    b[i] = 3 - static_cast<float>(i);
    c[i] = static_cast<float>(i * i);
    sum += a[i];
  }
  float reduced[3];
  probe().reduce(a.data(), reduced);
  EXPECT_EQ(reduced[0], sum);
  EXPECT_EQ(reduced[1], *std::max_element(a.begin(), a.end()));
  EXPECT_EQ(reduced[2], *std::min_element(a.begin(), a.end()));
  probe().ternary(a.data(), b.data(), c.data(), out.data());
  for (size_t i = 0; i < lanes; ++i) {
    EXPECT_EQ(out[i], a[i] * b[i] + c[i]);
    EXPECT_EQ(out[lanes + i], c[i] - a[i] * b[i]);
    EXPECT_EQ(out[2 * lanes + i], std::min(a[i], b[i]));
    EXPECT_EQ(out[3 * lanes + i], std::max(a[i], b[i]));
    EXPECT_EQ(out[4 * lanes + i], std::min(a[i], b[i]));
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, Simd, testing::Values(Isa::Generic, Isa::Avx2, Isa::Avx512, Isa::Avx512Fp16),
                         [](const auto& isa) { return std::string(name_of(isa.param)); });

}  // namespace
}  // namespace tn
