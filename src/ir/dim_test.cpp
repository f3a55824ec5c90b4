// SPDX-License-Identifier: Apache-2.0
#include "ir/dim.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace tn {
namespace {

const Dim kN = Dim::symbol("N"), kH = Dim::symbol("H");

TEST(Dim, RingArithmeticIsCanonical) {
  EXPECT_EQ(kN * 2 - kN, kN);
  EXPECT_EQ((kN + kH) * (kN - kH), kN * kN - kH * kH);
  EXPECT_EQ((kN - kN).constant(), 0);
  EXPECT_EQ((kN * 2 + kH + 3).to_string(), "H + 2*N + 3");
}

TEST(Dim, ExactQuotientsCancel) {
  EXPECT_EQ(Dim::floor_div(kN * 197 * 768, kN * 197), Dim(768));
  EXPECT_EQ(Dim::floor_div(kN * 6 + 4, 2), kN * 3 + 2);
  EXPECT_EQ(Dim::floor_div(kN * 2 + 1, 2), kN);
  EXPECT_EQ(Dim::floor_div(kN * kH, kH), kN);
  EXPECT_EQ(Dim::floor_div(kH - 1, 2).to_string(), "floordiv(H + 1, 2) - 1");
}

TEST(Dim, EvaluatesLikeIntegers) {
  const Dim dim =
      Dim::floor_div(kH - 3, 2) * kN + Dim::max(kH, kN) - Dim::min(kN, 7) + Dim::ceil_div(kN, 4) + Dim::mod(kH, 5);
  for (int64_t n = 1; n < 20; ++n) {
    for (int64_t h = 1; h < 20; ++h) {
      const int64_t floor = (h - 3 >= 0 ? (h - 3) / 2 : -((3 - h + 1) / 2));
      const int64_t expected = floor * n + std::max(h, n) - std::min<int64_t>(n, 7) + (n + 3) / 4 + h % 5;
      EXPECT_EQ(dim.evaluate({{"N", n}, {"H", h}}), expected);
      const DimRange range = range_of(dim, {{"N", {1, 19}}, {"H", {1, 19}}});
      EXPECT_LE(range.min, expected);
      EXPECT_GE(range.max, expected);
    }
  }
  EXPECT_THROW(kN.evaluate({}), Error);
}

TEST(Dim, MinimaAndMaximaAbsorbEachOther) {
  EXPECT_EQ(Dim::max(kN, Dim::min(kN, 512)), kN);
  EXPECT_EQ(Dim::max(Dim::max(kN, kH), Dim::min(512, kN)), Dim::max(kN, kH));
  EXPECT_EQ(Dim::min(kN, Dim::max(kH, kN)), kN);
  EXPECT_EQ(Dim::min(kN + 1, Dim::min(kN, kH)), Dim::min(kN, kH));
  EXPECT_NE(Dim::max(kN, Dim::min(kH, 512)), kN);
}

TEST(Dim, TextRoundTrip) {
  for (const Dim& dim :
       {kN, Dim(7), Dim(-2), kN * kN * -3 + kH, Dim::floor_div(kH - 1, 2) * 2, Dim::min(kN, kH) + Dim::max(kN, 4)}) {
    EXPECT_EQ(Dim::parse(dim.to_string()), dim) << dim.to_string();
  }
  for (const char* bad : {"", "N+", "floordiv(N)", "2N", "min(1,2", "foo(1,2)"})
    EXPECT_THROW(Dim::parse(bad), Error) << bad;
}

TEST(Dim, OverflowAndDivisionByZeroAreErrors) {
  EXPECT_THROW(Dim(INT64_MAX) * 2, Error);
  EXPECT_THROW(Dim::floor_div(kN, 0), Error);
}

}  // namespace
}  // namespace tn
