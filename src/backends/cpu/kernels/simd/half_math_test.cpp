// SPDX-License-Identifier: Apache-2.0
// On an emulated fp16 unit, over every half.
#include "backends/cpu/kernels/simd/half_math.h"

#include <gtest/gtest.h>

#include <cmath>

#include "backends/cpu/kernels/simd/emulated_fp16.h"

namespace tn {
namespace {

using V = EmulatedFp16;

float first_of(const V::Pairs& x) {
  return static_cast<float>(x.at[0]);
}

TEST(HalfMath, SigmoidAndSilu) {
  for (uint32_t bits = 0; bits < 1u << 16; ++bits) {
    Half half;
    half.bits = static_cast<uint16_t>(bits);
    const auto x = static_cast<double>(static_cast<float>(half));
    const float sigmoid = first_of(simd::sigmoid_halves<V>(V::set1_halves(static_cast<float>(x))));
    const float silu = first_of(simd::silu_halves<V>(V::set1_halves(static_cast<float>(x))));
    if (std::isnan(x)) {
      ASSERT_TRUE(std::isnan(sigmoid) && std::isnan(silu));
      continue;
    }
    const double want = 1 / (1 + std::exp(-x)), product = std::isinf(x) && x < 0 ? 0 : x * want;
    ASSERT_NEAR(sigmoid, want, 2e-3 * want + 3e-5) << x;
    if (std::isinf(product)) {
      ASSERT_EQ(silu, product);
    } else {
      ASSERT_NEAR(silu, product, 2e-3 * std::fabs(product) + 3e-4) << x;
    }
  }
}

}  // namespace
}  // namespace tn
