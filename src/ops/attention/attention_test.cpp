// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/error.h"
#include "ops/op_test.h"

namespace tn::ops {
namespace {

struct AttentionTest : testing::Test {
  GraphBuilder b;
  TensorId q = b.constant(floats({1, 1, 2, 2}, {1, 0, 0, 1}));
  TensorId k = b.constant(floats({1, 1, 3, 2}, {1, 0, 0, 1, 1, 1}));
  TensorId v = b.constant(floats({1, 1, 3, 1}, {1, 2, 3}));
  ConstantPtr attend(FieldMap attributes, std::vector<TensorId> more = {}) {
    attributes["scale"] = 0.5;
    std::vector<TensorId> inputs = {q, k, v};
    inputs.insert(inputs.end(), more.begin(), more.end());
    return evaluate(b.graph, b.graph.add("attention", make("Attention", attributes), inputs));
  }
};

TEST_F(AttentionTest, SoftmaxOfScaledScores) {
  expect_near(*attend({}), {2, 2.15095519});
}

TEST_F(AttentionTest, CausalFromEitherEnd) {
  expect_near(*attend({{"causal", true}}), {1, 1.62245933});
  expect_near(*attend({{"causal", true}, {"aligned", true}}), {1.37754067, 2.15095519});
}

TEST_F(AttentionTest, MasksAddOrShutOut) {
  const TensorId seen = b.constant(tensor_of(DataType::Bool, {2, 3}, {0, 0, 1, 0, 0, 0}));
  expect_near(*attend({}, {seen}), {3, 0});
  expect_near(*attend({}, {b.constant(floats({3}, {0, 0, -1000}))}), {1.37754067, 1.62245933});
}

TEST_F(AttentionTest, HeadsShareKeys) {
  q = b.constant(floats({1, 2, 1, 2}, {1, 0, 0, 1}));
  const ConstantPtr y = attend({});
  EXPECT_EQ(to_string(y->dims()), "[1,2,1,1]");
  expect_near(*y, {2, 2.15095519});
}

TEST_F(AttentionTest, TypesFollowSymbols) {
  const Dim n = Dim::symbol("N"), s = Dim::symbol("S");
  const TensorId x = b.input(DataType::F32, {n, 12, s, 64});
  const TensorId y = b.graph.add("attention", make("Attention", {{"causal", true}}), {x, x, x});
  EXPECT_EQ(b.type(y), "f32[N,12,S,64]");
  EXPECT_THROW(b.graph.add("attention", make("Attention"), {x, k, v}), Error);
}

}  // namespace
}  // namespace tn::ops
