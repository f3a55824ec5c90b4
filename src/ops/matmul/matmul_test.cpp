// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/error.h"
#include "ops/op_test.h"

namespace tn::ops {
namespace {

using Numbers = std::vector<double>;
using Attributes = std::map<std::string, import::Attribute, std::less<>>;

TEST(MatMul, VectorsAndBatches) {
  GraphBuilder b;
  const auto m = counting({2, 3}), v = floats({3}, {1, 10, 100}), w = floats({2}, {1, 10});
  EXPECT_EQ(numbers(*b.compute("MatMul", 13, {m, v})[0]), (Numbers{210, 543}));
  EXPECT_EQ(numbers(*b.compute("MatMul", 13, {w, m})[0]), (Numbers{30, 41, 52}));
  const auto dot = b.compute("MatMul", 13, {v, v})[0];
  EXPECT_EQ(numbers(*dot), Numbers{10101});
  EXPECT_EQ(dot->dims().rank(), 0);
  const auto batched = b.compute("MatMul", 13, {counting({2, 1, 1, 2}), counting({3, 2, 1})})[0];
  EXPECT_EQ(to_string(batched->dims()), "[2,3,1,1]");
  EXPECT_EQ(numbers(*batched), (Numbers{1, 3, 5, 3, 13, 23}));
  EXPECT_THROW(b.compute("MatMul", 13, {m, m}), Error);
}

TEST(MatMul, KeepsSymbols) {
  GraphBuilder b;
  const Dim n = Dim::symbol("N"), s = Dim::symbol("S");
  const TensorId a = b.input(DataType::F32, {n, 12, s, 64}), k = b.input(DataType::F32, {n, 12, 64, s});
  EXPECT_EQ(b.type(b.import("MatMul", 13, {a, k})[0]), "f32[N,12,S,S]");
}

TEST(Gemm, TransposesScalesAndAdds) {
  GraphBuilder b;
  const auto a = counting({3, 2}), w = counting({4, 3}), c = floats({4}, {1, 1, 1, 1});
  const Attributes attributes = {{"transA", int64_t{1}}, {"transB", int64_t{1}}, {"alpha", 0.5}, {"beta", 2.0}};
  EXPECT_EQ(numbers(*b.compute("Gemm", 13, {a, w, c}, attributes)[0]), (Numbers{7, 16, 25, 34, 8.5, 22, 35.5, 49}));
}

TEST(Einsum, ProductsSumsDiagonalsAndEllipses) {
  GraphBuilder b;
  const auto einsum = [&](const std::string& equation, const std::vector<ConstantPtr>& inputs) {
    return numbers(*b.compute("Einsum", 12, inputs, {{"equation", equation}})[0]);
  };
  const auto a = counting({2, 3}), c = counting({3, 2});
  EXPECT_EQ(einsum("ij,jk->ik", {a, c}), (Numbers{10, 13, 28, 40}));
  EXPECT_EQ(einsum("ij,jk", {a, c}), (Numbers{10, 13, 28, 40}));
  EXPECT_EQ(einsum("ij->ji", {a}), (Numbers{0, 3, 1, 4, 2, 5}));
  EXPECT_EQ(einsum("ij->", {a}), (Numbers{15}));
  EXPECT_EQ(einsum("ii->i", {counting({3, 3})}), (Numbers{0, 4, 8}));
  EXPECT_EQ(einsum("i,j->ij", {floats({2}, {1, 2}), floats({2}, {3, 4})}), (Numbers{3, 4, 6, 8}));
  EXPECT_EQ(einsum("...ij,jk->...ik", {counting({1, 2, 3}), c}), (Numbers{10, 13, 28, 40}));
  EXPECT_EQ(einsum("ij,jk,k->i", {a, c, floats({2}, {1, 1})}), (Numbers{23, 68}));
  EXPECT_EQ(einsum("ijk,jk->i", {counting({2, 2, 2}), counting({2, 2})}), (Numbers{14, 38}));
  EXPECT_THROW(einsum("ij,jk->ik", {a}), Error);
  EXPECT_THROW(einsum("ijk->i", {a}), Error);
}

TEST(Integers, MatMulIntegerTakesZeroPointsOff) {
  GraphBuilder b;
  const auto a = tensor_of(DataType::U8, {1, 2}, {11, 7}), w = tensor_of(DataType::U8, {2, 2}, {1, 4, 2, 5});
  const auto za = tensor_of(DataType::U8, {1}, {12}), zw = tensor_of(DataType::U8, {1}, {0});
  const auto y = b.compute("MatMulInteger", 10, {a, w, za, zw})[0];
  EXPECT_EQ(numbers(*y), (Numbers{-11, -29}));
  EXPECT_EQ(y->type(), DataType::I32);
}

TEST(Integers, ManyColumnsAreThoseOfFloats) {
  GraphBuilder b;
  Numbers steps;
  for (int i = 0; i < 9 * 150; ++i) steps.push_back(i * 37 % 511 - 255);
  const Numbers rows(steps.begin() + 5, steps.begin() + 5 + 3 * 9);
  for (const int64_t transposed : {0, 1}) {
    const Shape weights = transposed ? Shape{150, 9} : Shape{9, 150};
    const auto product = [&](DataType type) {
      return numbers(*b.compute("Gemm", 13, {tensor_of(type, {3, 9}, rows), tensor_of(type, weights, steps)},
                                {{"transB", transposed}})[0]);
    };
    EXPECT_EQ(product(DataType::I32), product(DataType::F64));
  }
}

TEST(Integers, SumsWrap) {
  GraphBuilder b;
  const auto a = tensor_of(DataType::I32, {1, 2}, {65536, 1}), w = tensor_of(DataType::I32, {2, 1}, {65536, 7});
  EXPECT_EQ(numbers(*b.compute("MatMul", 13, {a, w})[0]), Numbers{7});
}

}  // namespace
}  // namespace tn::ops
