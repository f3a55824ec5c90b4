// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/error.h"
#include "ops/op_test.h"

namespace tn::ops {
namespace {

const ConstantPtr kImage = floats({1, 1, 4, 4}, {0, 7, 14, 5, 12, 3, 10, 1, 8, 15, 6, 13, 4, 11, 2, 9});

// The second region leaves the image; a bin without elements is 0.
TEST(Roi, MaxPoolRoundsCoordinates) {
  GraphBuilder b;
  const auto regions = floats({2, 5}, {0, 1, 0, 6, 5, 0, 4, 4, 30, 3});
  const auto y = b.compute("MaxRoiPool", 1, {kImage, regions},
                           {{"pooled_shape", std::vector<int64_t>{2, 2}}, {"spatial_scale", 0.5}})[0];
  EXPECT_EQ(to_string(y->dims()), "[2,1,2,2]");
  expect_near(*y, {14, 14, 15, 13, 13, 0, 13, 0});
  EXPECT_THROW(b.compute("MaxRoiPool", 1, {kImage, floats({1, 5}, {1, 0, 0, 1, 1})},
                         {{"pooled_shape", std::vector<int64_t>{1, 1}}}),
               Error);
}

TEST(Roi, AlignWasNotShiftedBeforeOpset16) {
  GraphBuilder b;
  const auto region = floats({1, 4}, {0, 0, 2, 2});
  const std::map<std::string, import::Attribute, std::less<>> one = {{"sampling_ratio", int64_t{1}}};
  expect_near(*b.compute("RoiAlign", 10, {kImage, region, ints({0})}, one)[0], {3});
  expect_near(*b.compute("RoiAlign", 16, {kImage, region, ints({0})}, one)[0], {5.5});
  EXPECT_THROW(b.compute("RoiAlign", 16, {kImage, floats({1, 4}, {0, 0, 1e9, 1}), ints({0})}), Error);
}

}  // namespace
}  // namespace tn::ops
