// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "ops/op_test.h"

namespace tn::ops {
namespace {

using Numbers = std::vector<double>;

ConstantPtr u8(const Shape& dims, const Numbers& values) {
  return tensor_of(DataType::U8, dims, values);
}
ConstantPtr i8(const Shape& dims, const Numbers& values) {
  return tensor_of(DataType::I8, dims, values);
}
ConstantPtr scalar(double value) {
  return floats({}, {value});
}

TEST(Quantize, RoundsHalvesToEvenAndSaturates) {
  GraphBuilder b;
  const auto x = floats({6}, {0, 2, 3, 1000, -254, -1000});
  EXPECT_EQ(numbers(*b.compute("QuantizeLinear", 13, {x, scalar(2), u8({}, {128})})[0]),
            (Numbers{128, 129, 130, 255, 1, 0}));
  const auto y = b.compute("QuantizeLinear", 13, {floats({4}, {0.5, 1.5, -0.5, -200}), scalar(1), i8({}, {0})})[0];
  EXPECT_EQ(numbers(*y), (Numbers{0, 2, 0, -128}));
  EXPECT_EQ(y->type(), DataType::I8);
  EXPECT_THROW(b.compute("QuantizeLinear", 13, {x, scalar(2), floats({}, {0})}), Error);
}

TEST(Quantize, TakesNoScaleThatStandsForNoNumber) {
  GraphBuilder b;
  const auto x = floats({2}, {1, 2});
  for (const double scale : {0.0, static_cast<double>(INFINITY), static_cast<double>(NAN)})
    EXPECT_THROW(b.compute("QuantizeLinear", 13, {x, scalar(scale), i8({}, {0})}), Error) << scale;
  EXPECT_THROW(b.compute("DequantizeLinear", 13, {i8({2}, {1, 2}), scalar(INFINITY)}), Error);
  EXPECT_EQ(numbers(*b.compute("DequantizeLinear", 13, {i8({2}, {1, 2}), scalar(0)})[0]), (Numbers{0, 0}));
}

TEST(Quantize, AlongAnAxisAndInBlocks) {
  GraphBuilder b;
  const auto x = counting({1, 2, 2}), scale = floats({2}, {1, 2}), zero = u8({2}, {10, 20});
  EXPECT_EQ(numbers(*b.compute("QuantizeLinear", 13, {x, scale, zero})[0]), (Numbers{10, 11, 21, 22}));
  EXPECT_EQ(numbers(*b.compute("DequantizeLinear", 13, {u8({1, 2, 2}, {10, 11, 21, 22}), scale, zero})[0]),
            (Numbers{0, 1, 2, 4}));
  const auto blocks =
      b.compute("DequantizeLinear", 21, {i8({1, 4}, {1, 2, 3, 4}), floats({1, 2}, {1, 10}), i8({1, 2}, {0, 1})},
                {{"axis", int64_t{1}}, {"block_size", int64_t{2}}});
  EXPECT_EQ(numbers(*blocks[0]), (Numbers{1, 2, 20, 30}));
}

TEST(Quantize, DynamicRangeIncludesZero) {
  GraphBuilder b;
  const auto y = b.compute("DynamicQuantizeLinear", 11, {floats({6}, {0, 2, -3, -2.5, 1.34, 0.5})}, {}, 3);
  EXPECT_EQ(numbers(*y[0]), (Numbers{153, 255, 0, 26, 221, 179}));
  expect_near(*y[1], {0.0196078438});
  EXPECT_EQ(numbers(*y[2]), Numbers{153});
}

TEST(QLinear, ConvolutionAndProduct) {
  GraphBuilder b;
  const auto conv =
      b.compute("QLinearConv", 10,
                {u8({1, 1, 3}, {2, 4, 6}), scalar(0.5), u8({}, {2}), i8({2, 1, 1}, {1, 2}), floats({2}, {1, 0.5}),
                 i8({2}, {0, 0}), scalar(0.5), u8({}, {1}), tensor_of(DataType::I32, {2}, {2, 4})});
  EXPECT_EQ(numbers(*conv[0]), (Numbers{3, 5, 7, 3, 5, 7}));
  const auto product = b.compute("QLinearMatMul", 10,
                                 {u8({1, 2}, {3, 5}), scalar(0.5), u8({}, {1}), u8({2, 1}, {2, 4}), scalar(1),
                                  u8({}, {0}), scalar(0.25), u8({}, {0})});
  EXPECT_EQ(numbers(*product[0]), Numbers{40});
}

}  // namespace
}  // namespace tn::ops
