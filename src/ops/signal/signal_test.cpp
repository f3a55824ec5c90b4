// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/error.h"
#include "ops/op_test.h"

namespace tn::ops {
namespace {

using Attributes = std::map<std::string, import::Attribute, std::less<>>;

std::string length_like(GraphBuilder& b, const Dim& extent, const Attributes& attributes) {
  const TensorId x = b.input(DataType::F32, {2, extent, 1});
  return b.type(b.import("DFT", 20, {x}, attributes)[0]);
}

TEST(Dft, CutsAndFillsToItsLength) {
  GraphBuilder b;
  const auto x = floats({1, 3, 1}, {1, 2, 3});
  expect_near(*b.compute("DFT", 20, {x, ints({2})})[0], {3, 0, -1, 0});
  expect_near(*b.compute("DFT", 20, {x, ints({4})})[0], {6, 0, -2, -2, 2, 0, -2, 2});
}

TEST(Dft, InversesComeBack) {
  GraphBuilder b;
  const auto x = floats({1, 5, 2}, {1, 2, 3, -4, 5, 6, -7, 8, 9, 10});
  const auto there = b.compute("DFT", 17, {x})[0];
  expect_near(*b.compute("DFT", 17, {there}, {{"inverse", int64_t{1}}})[0], numbers(*x), 1e-5);
  const auto real = floats({1, 5, 1}, {1, 2, 3, -4, 5});
  const auto half = b.compute("DFT", 20, {real}, {{"onesided", int64_t{1}}})[0];
  EXPECT_EQ(to_string(half->dims()), "[1,3,2]");
  const auto back = b.compute("DFT", 20, {half, ints({5})}, {{"inverse", int64_t{1}}, {"onesided", int64_t{1}}})[0];
  expect_near(*back, numbers(*real), 1e-5);
}

TEST(Dft, LengthsMayBeSymbols) {
  GraphBuilder b;
  const Dim n = Dim::symbol("N");
  EXPECT_EQ(length_like(b, n, {}), "f32[2,N,2]");
  EXPECT_EQ(length_like(b, n, {{"onesided", int64_t{1}}}), "f32[2,floordiv(N, 2) + 1,2]");
  EXPECT_THROW(b.import("DFT", 20, {b.input(DataType::F32, {2, n, 3})}), Error);
}

}  // namespace
}  // namespace tn::ops
