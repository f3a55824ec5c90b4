// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/error.h"
#include "ops/op_test.h"

namespace tn::ops {
namespace {

// Expected values are those of ONNX's reference evaluator.
void expect_resized(const FieldMap& attributes, const ConstantPtr& x, const ConstantPtr& scales,
                    const ConstantPtr& sizes, const Shape& dims, const std::vector<double>& expected) {
  const auto y = run(make("Resize", attributes), {x, nullptr, scales, sizes})[0];
  EXPECT_EQ(y->dims(), dims);
  ASSERT_EQ(numbers(*y).size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(numbers(*y)[i], expected[i], 1e-4) << i;
}

ConstantPtr one_to_sixteen() {
  std::vector<double> values;
  for (int i = 1; i <= 16; ++i) values.push_back(i);
  return floats({1, 1, 4, 4}, values);
}

TEST(Resize, InterpolatesAsOnnxDoes) {
  expect_resized({{"mode", "linear"}}, floats({1, 1, 2, 2}, {1, 2, 3, 4}), floats({4}, {1, 1, 2, 2}), nullptr,
                 {1, 1, 4, 4}, {1, 1.25, 1.75, 2, 1.5, 1.75, 2.25, 2.5, 2.5, 2.75, 3.25, 3.5, 3, 3.25, 3.75, 4});
  expect_resized({{"mode", "cubic"}}, one_to_sixteen(), floats({4}, {1, 1, 0.8, 0.8}), nullptr, {1, 1, 3, 3},
                 {1.47119, 2.78125, 4.08252, 6.71143, 8.02148, 9.32275, 11.9165, 13.2266, 14.5278});
  expect_resized({{"mode", "linear"}, {"antialias", true}}, one_to_sixteen(), floats({4}, {1, 1, 0.6, 0.6}), nullptr,
                 {1, 1, 2, 2}, {2.875, 4.5, 9.375, 11});
  expect_resized({}, one_to_sixteen(), nullptr, ints({1, 1, 3, 2}), {1, 1, 3, 2}, {1, 3, 5, 7, 13, 15});
}

TEST(Resize, ExtentsStaySymbolic) {
  const Dim n = Dim::symbol("N"), h = Dim::symbol("H");
  GraphBuilder b;
  const TensorId x = b.input(DataType::F32, {n, 3, h, 8});
  const TensorId scales = b.constant(floats({4}, {1, 1, 2, 2.5}));
  EXPECT_EQ(b.type(b.import("Resize", 13, {x, kNone, scales})[0]), "f32[N,3,2*H,20]");
  EXPECT_EQ(b.type(b.import("Upsample", 9, {x, scales})[0]), "f32[N,3,2*H,20]");
  EXPECT_EQ(b.type(b.import("Resize", 18, {x, kNone, b.constant(floats({1}, {0.5}))},
                            {{"axes", std::vector<int64_t>{2}}})[0]),
            "f32[N,3,floordiv(H, 2),8]");
  EXPECT_THROW(b.import("Resize", 13, {x}), Error);
}

TEST(Resize, ExtentsBeyond64BitsAreRefused) {
  GraphBuilder b;
  const TensorId x = b.input(DataType::F32, {1, 3, Dim::symbol("H"), 8});
  for (const auto& scales : {std::vector<double>{1, 1, 1, 1e30}, std::vector<double>{1, 1, 1e30, 1}})
    EXPECT_THROW(b.import("Resize", 13, {x, kNone, b.constant(floats({4}, scales))}), Error);
}

TEST(DepthToSpace, IsReshapeTransposeReshape) {
  const Dim n = Dim::symbol("N"), h = Dim::symbol("H"), w = Dim::symbol("W");
  GraphBuilder b;
  const TensorId x = b.input(DataType::F32, {n, 8, h, w});
  EXPECT_EQ(b.type(b.import("DepthToSpace", 13, {x}, {{"blocksize", int64_t{2}}})[0]), "f32[N,2,2*H,2*W]");
  EXPECT_EQ(b.type(b.import("SpaceToDepth", 13, {x}, {{"blocksize", int64_t{1}}})[0]), "f32[N,8,H,W]");
  EXPECT_THROW(b.import("DepthToSpace", 13, {x}, {{"blocksize", int64_t{3}}}), Error);
}

}  // namespace
}  // namespace tn::ops
