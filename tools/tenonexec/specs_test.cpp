// SPDX-License-Identifier: Apache-2.0
#include "tenonexec/specs.h"

#include <gtest/gtest.h>

#include "tenonexec/failure_test.h"

namespace tenonexec {
namespace {

TEST(Specs, ShapesOfSeveralTensors) {
  const Shapes shapes = parse_shapes("--shapes", "input:1x3x224x224,'odd,na:me':8,a:0:2x2,s:scalar,e:");
  ASSERT_EQ(shapes.size(), 5U);
  EXPECT_EQ(to_text(shapes), "input=1x3x224x224, odd,na:me=8, a:0=2x2, s=scalar, e=scalar");
  EXPECT_EQ(shapes[3].second.nbDims, 0);
}

TEST(Specs, WrongShapesNameTheFlagAndTheText) {
  EXPECT_EQ(failure_of([] { parse_shapes("--shapes", "1x3"); }), "--shapes: '1x3' has no ':' after the tensor's name");
  EXPECT_EQ(failure_of([] { parse_shapes("--shapes", "a:1xx3"); }), "--shapes: '' is not a whole number");
  EXPECT_EQ(failure_of([] { parse_shapes("--shapes", "a:1x-3"); }),
            "--shapes: -3 is out of range; it must be at least 0");
  EXPECT_EQ(failure_of([] { parse_shapes("--shapes", "a:1,a:2"); }), "--shapes: 'a' is given twice");
  EXPECT_EQ(failure_of([] { parse_shapes("--shapes", "a*b*:1"); }), "--shapes: more than one '*' in 'a*b*'");
  EXPECT_EQ(failure_of([] { parse_shapes("--shapes", "a:1x1x1x1x1x1x1x1x1"); }),
            "--shapes: '1x1x1x1x1x1x1x1x1' has 9 dimensions; at most 8 are possible");
  EXPECT_EQ(failure_of([] { parse_shapes("--shapes", "'a:1"); }), "--shapes: a single quote in ''a:1' is not closed");
  EXPECT_EQ(failure_of([] { parse_shapes("--shapes", ""); }),
            "--shapes: no shape given; write --shapes=name:1x3x224x224");
  EXPECT_EQ(failure_of([] { parse_shapes("--shapes", "a:99999999999999999999"); }),
            "--shapes: 99999999999999999999 is out of range; it must be at most 2147483647");
}

TEST(Specs, ExactNamesWinOverPatterns) {
  const Shapes shapes = parse_shapes("--shapes", "in*:1,input_b:2");
  EXPECT_EQ(find_shape(shapes, "input_a")->d[0], 1);
  EXPECT_EQ(find_shape(shapes, "input_b")->d[0], 2);
  EXPECT_EQ(find_shape(shapes, "mask"), nullptr);
  EXPECT_FALSE(matches("ab*ba", "aba"));
  EXPECT_TRUE(matches("*", ""));
}

TEST(Specs, Sizes) {
  EXPECT_EQ(parse_size("--memPoolSize", "16"), 16 << 20);
  EXPECT_EQ(parse_size("--memPoolSize", "0.5G"), int64_t{1} << 29);
  EXPECT_EQ(parse_size("--memPoolSize", "3K"), 3072);
  EXPECT_EQ(parse_size("--memPoolSize", "7B"), 7);
  EXPECT_EQ(failure_of([] { parse_size("--memPoolSize", "1T"); }), "--memPoolSize: '1T' is not a number");
  EXPECT_EQ(failure_of([] { parse_size("--memPoolSize", ""); }), "--memPoolSize: '' is not a number");
}

TEST(Specs, IoFormats) {
  const auto list = parse_io_formats("--inputIOFormats", "fp16:chw+hwc,int8:chw32,chw");
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[0].type, tenon::DataType::kHALF);
  EXPECT_EQ(list[0].formats, 1U << 0 | 1U << 8);
  EXPECT_EQ(list[1].formats, 1U << 5);
  EXPECT_FALSE(list[2].type.has_value());
  EXPECT_EQ(to_text(list), "fp16:chw+hwc,int8:chw32,chw");
  EXPECT_EQ(failure_of([] { parse_io_formats("--inputIOFormats", "fp99:chw"); }),
            "--inputIOFormats: 'fp99' is no type; types are fp32, fp16, bf16, int32, int64, int8, uint8, bool");
}

}  // namespace
}  // namespace tenonexec
