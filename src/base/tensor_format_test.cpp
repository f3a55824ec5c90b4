// SPDX-License-Identifier: Apache-2.0
#include "base/tensor_format.h"

#include <gtest/gtest.h>

#include <vector>

namespace tn {
namespace {

using Dims = std::vector<int64_t>;

struct Case {
  TensorFormat format;
  DataType type;
  Dims dims, strides;  ///< in groups of components
  int64_t elements;
};

TEST(TensorFormat, StridesAndSizes) {
  using enum TensorFormat;
  using enum DataType;
  const Case cases[] = {
      {Linear, F32, {2, 3, 5, 7}, {105, 35, 7, 1}, 210},
      {Linear, F32, {}, {}, 1},
      {Chw2, F16, {2, 3, 5, 7}, {70, 35, 7, 1}, 280},
      {Chw4, I8, {2, 3, 5, 7}, {35, 35, 7, 1}, 280},
      {Chw16, F16, {2, 17, 5, 7}, {70, 35, 7, 1}, 2240},
      {Chw16, F16, {17, 5, 7}, {35, 7, 1}, 1120},
      {Chw32, I8, {1, 64, 2, 2}, {8, 4, 2, 1}, 256},
      {Cdhw32, F16, {1, 33, 2, 3, 4}, {48, 24, 12, 4, 1}, 1536},
      {Hwc, F32, {2, 3, 5, 7}, {105, 1, 21, 3}, 210},
      {Hwc8, F16, {2, 3, 5, 7}, {35, 1, 7, 1}, 560},
      {Hwc8, BF16, {2, 17, 5, 7}, {105, 1, 21, 3}, 1680},
      {Hwc16, I8, {1, 16, 2, 2}, {4, 1, 2, 1}, 64},
      {Dhwc, F32, {1, 3, 2, 4, 5}, {120, 1, 60, 15, 3}, 120},
      {Dhwc8, F16, {1, 3, 2, 4, 5}, {40, 1, 20, 5, 1}, 320},
      {DlaLinear, I8, {1, 3, 5, 65}, {1920, 640, 128, 1}, 1920},
      {DlaLinear, F16, {1, 3, 5, 7}, {480, 160, 32, 1}, 480},
      {DlaHwc4, I8, {1, 3, 5, 7}, {80, 1, 16, 1}, 320},
      {DlaHwc4, F16, {1, 1, 5, 7}, {160, 1, 32, 1}, 160},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(name_of(each.format));
    EXPECT_EQ(format_problem(each.format, each.type, each.dims), "");
    EXPECT_EQ(format_strides(each.format, each.type, each.dims), Shape(std::span<const int64_t>(each.strides)));
    EXPECT_EQ(format_elements(each.format, each.type, each.dims), each.elements);
  }
}

TEST(TensorFormat, NoTwoElementsShareAPlace) {
  const Dims dims = {2, 5, 3, 4};
  for (int number = 0; number < kTensorFormatCount; ++number) {
    const auto format = static_cast<TensorFormat>(number);
    if (rule_of(format, dims[1]).spatial != 2 || format == TensorFormat::DlaHwc4) continue;
    SCOPED_TRACE(name_of(format));
    const auto layout = layout_of<int64_t>(format, dims, dims[1], 2);
    std::vector<int> used(static_cast<size_t>(layout.elements));
    for (int64_t i = 0; i < 2 * 5 * 3 * 4; ++i) {
      const int64_t index[] = {i / 60, i / 12 % 5, i / 4 % 3, i % 4};
      int64_t at = 0;
      for (size_t axis = 0; axis < 4; ++axis) {
        const bool split = layout.rule.splits() && axis == layout.channel_axis;
        at += (split ? index[axis] / layout.rule.vector : index[axis]) * layout.strides[axis];
        if (split) at += index[axis] % layout.rule.vector;
      }
      ASSERT_LT(at, layout.elements);
      EXPECT_EQ(used[static_cast<size_t>(at)]++, 0);
    }
  }
}

TEST(TensorFormat, WhatIsIllegalIsSaid) {
  using enum TensorFormat;
  EXPECT_EQ(format_problem(Chw16, DataType::F32, Dims{1, 3, 2, 2}), "format chw16 is for f16, not for f32");
  EXPECT_EQ(format_problem(Hwc8, DataType::F16, Dims{3, 2}),
            "format hwc8 needs 3 dimensions or more; the shape is [3,2]");
  EXPECT_EQ(format_problem(Dhwc, DataType::F32, Dims{1, 3, 2}),
            "format dhwc needs 4 dimensions or more; the shape is [1,3,2]");
  EXPECT_EQ(format_problem(Chw32, DataType::F32, Dims{1, -1, 2, 2}),
            "format chw32 needs a number of channels that is known while building");
  EXPECT_EQ(format_problem(DlaHwc4, DataType::I8, Dims{1, 8, 2, 2}),
            "format dla_hwc4 is for 1, 3 or 4 channels, not for 8");
  EXPECT_EQ(format_problem(Hwc, DataType::F32, Dims{-1, -1, 2, 2}), "");
}

}  // namespace
}  // namespace tn
