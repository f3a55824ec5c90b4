// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/error.h"
#include "ops/op_test.h"

namespace tn::ops {
namespace {

using Numbers = std::vector<double>;
using Attributes = std::map<std::string, import::Attribute, std::less<>>;
using Integers = std::vector<int64_t>;

TEST(MaxPool, MaximaAndTheirPlaces) {
  GraphBuilder b;
  const auto x = counting({1, 1, 4, 4});
  const Attributes attributes = {{"kernel_shape", Integers{2, 2}}, {"strides", Integers{2, 2}}};
  const auto y = b.compute("MaxPool", 12, {x}, attributes, 2);
  EXPECT_EQ(numbers(*y[0]), (Numbers{5, 7, 13, 15}));
  EXPECT_EQ(numbers(*y[1]), (Numbers{5, 7, 13, 15}));
  Attributes columns = attributes;
  columns["storage_order"] = int64_t{1};
  EXPECT_EQ(numbers(*b.compute("MaxPool", 12, {x}, columns, 2)[1]), (Numbers{5, 13, 7, 15}));
  const Attributes dilated = {{"kernel_shape", Integers{2, 2}}, {"dilations", Integers{2, 2}}};
  EXPECT_EQ(numbers(*b.compute("MaxPool", 12, {x}, dilated)[0]), (Numbers{10, 11, 14, 15}));
}

TEST(AveragePool, PaddingCountsOnRequest) {
  GraphBuilder b;
  const auto x = floats({1, 1, 2}, {2, 4});
  Attributes attributes = {{"kernel_shape", Integers{2}}, {"pads", Integers{1, 1}}};
  EXPECT_EQ(numbers(*b.compute("AveragePool", 11, {x}, attributes)[0]), (Numbers{2, 3, 4}));
  attributes["count_include_pad"] = int64_t{1};
  EXPECT_EQ(numbers(*b.compute("AveragePool", 11, {x}, attributes)[0]), (Numbers{1, 3, 2}));
  const Attributes same = {{"kernel_shape", Integers{2}}, {"auto_pad", std::string("SAME_UPPER")}};
  EXPECT_EQ(numbers(*b.compute("AveragePool", 11, {x}, same)[0]), (Numbers{3, 4}));
  const Attributes ceil = {{"kernel_shape", Integers{2}}, {"strides", Integers{2}}, {"ceil_mode", int64_t{1}}};
  EXPECT_EQ(numbers(*b.compute("AveragePool", 11, {counting({1, 1, 3})}, ceil)[0]), (Numbers{0.5, 2}));
}

TEST(Pools, LpAndGlobal) {
  GraphBuilder b;
  const auto x = floats({1, 2, 2}, {3, -4, 6, 8});
  expect_near(*b.compute("LpPool", 18, {x}, {{"kernel_shape", Integers{2}}})[0], {5, 10});
  EXPECT_EQ(numbers(*b.compute("GlobalAveragePool", 1, {x})[0]), (Numbers{-0.5, 7}));
  EXPECT_EQ(numbers(*b.compute("GlobalMaxPool", 1, {x})[0]), (Numbers{3, 8}));
  expect_near(*b.compute("GlobalLpPool", 2, {x})[0], {5, 10});
  const Attributes odd = {{"kernel_shape", Integers{2}}, {"p", 1e30}};
  EXPECT_THROW(b.compute("LpPool", 1, {x}, odd), Error);
}

TEST(Pools, ShapesStaySymbolic) {
  GraphBuilder b;
  const TensorId x = b.input(DataType::F32, {Dim::symbol("N"), 8, Dim::symbol("H"), 10});
  const Attributes attributes = {
      {"kernel_shape", Integers{3, 3}}, {"strides", Integers{2, 2}}, {"pads", Integers{1, 1, 1, 1}}};
  EXPECT_EQ(b.type(b.import("MaxPool", 12, {x}, attributes)[0]), "f32[N,8,floordiv(H + 1, 2),5]");
  EXPECT_EQ(b.type(b.import("GlobalAveragePool", 1, {x})[0]), "f32[N,8,1,1]");
}

TEST(ConvTranspose, SpreadsCropsAndExtends) {
  GraphBuilder b;
  const auto x = floats({1, 1, 3}, {1, 2, 3}), w = floats({1, 1, 2}, {1, 10});
  EXPECT_EQ(numbers(*b.compute("ConvTranspose", 11, {x, w})[0]), (Numbers{1, 12, 23, 30}));
  EXPECT_EQ(numbers(*b.compute("ConvTranspose", 11, {x, w}, {{"strides", Integers{2}}})[0]),
            (Numbers{1, 10, 2, 20, 3, 30}));
  EXPECT_EQ(numbers(*b.compute("ConvTranspose", 11, {x, w}, {{"pads", Integers{1, 1}}})[0]), (Numbers{12, 23}));
  const Attributes padded = {{"strides", Integers{2}}, {"output_padding", Integers{1}}};
  EXPECT_EQ(numbers(*b.compute("ConvTranspose", 11, {x, w}, padded)[0]), (Numbers{1, 10, 2, 20, 3, 30, 0}));
  const Attributes shaped = {{"strides", Integers{2}}, {"output_shape", Integers{7}}};
  EXPECT_EQ(numbers(*b.compute("ConvTranspose", 11, {x, w}, shaped)[0]), (Numbers{1, 10, 2, 20, 3, 30, 0}));
  const auto pair = floats({2, 1, 1}, {1, 10});
  EXPECT_EQ(numbers(*b.compute("ConvTranspose", 11, {floats({1, 2, 1}, {2, 3}), pair}, {{"group", int64_t{2}}})[0]),
            (Numbers{2, 30}));
}

}  // namespace
}  // namespace tn::ops
