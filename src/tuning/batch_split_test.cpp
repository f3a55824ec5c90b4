// SPDX-License-Identifier: Apache-2.0
#include "tuning/batch_split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ir/text.h"
#include "ops/entry.h"

namespace tn {
namespace {

Graph parse(std::string_view text) {
  return parse_graph(text, ops::make_op_by_name);
}

std::vector<std::string> splittable(std::string_view text) {
  const Graph graph = parse(text);
  const auto found = find_splittable(graph);
  std::vector<std::string> names;
  if (!found) return names;
  for (const NodeId id : found->nodes) names.push_back(graph.tensor(graph.node(id).outputs[0]).name);
  return names;
}

using testing::ElementsAre;
using testing::IsEmpty;

TEST(FindSplittable, ImagesOfANetworkStayApart) {
  EXPECT_THAT(splittable(R"(graph g(x: f32[N,4,8,8]) {
    constant w: f32[6,4,3,3] = #01
    constant v: f32[6,10] = #02
    c = Conv(x, w) {strides=[1,1], dilations=[1,1], pads=[1,1,1,1]}
    r = Relu(c)
    m = Reduce(r) {mode="Mean", axes=[2,3], keepdims=false}
    d = MatMul(m, v)
    s = Softmax(d) {axis=1}
    return s
  })"),
              ElementsAre("c", "r", "m", "d", "s"));
}

// What follows a node that mixes images cannot come before it.
TEST(FindSplittable, WhatMixesImagesEndsIt) {
  EXPECT_THAT(splittable("graph g(x: f32[N,4]) { a = Exp(x) b = Softmax(a) {axis=0} c = Abs(b) return c }"),
              ElementsAre("a"));
  EXPECT_THAT(splittable("graph g(x: f32[N,4]) { a = Exp(x) b = Transpose(a) {perm=[1,0]} return b }"),
              ElementsAre("a"));
  EXPECT_THAT(splittable("graph g(x: f32[N,4]) { a = Exp(x) b = MatMul(a, a) {transpose_b=true} return b }"),
              ElementsAre("a"));
  EXPECT_THAT(splittable("graph g(x: f32[N,4]) { a = Exp(x) b = Concat(a, x) {axis=0} return b }"), ElementsAre("a"));
  EXPECT_THAT(splittable("graph g(x: f32[N,4]) { a = Exp(x) b = Reduce(a) {mode=\"Max\", axes=[0]} return b }"),
              ElementsAre("a"));
  EXPECT_THAT(splittable("graph g(x: f32[N,4], i: i64[N]) { a = Exp(x) b = Gather(a, i) {axis=0} return b }"),
              ElementsAre("a"));
  EXPECT_THAT(splittable(R"(graph g(x: f32[N,4]) { a = Exp(x)
      b = Slice(a, i64[1]{-1}, i64[1]{-99}, i64[1]{0}, i64[1]{-1}) return b })"),
              ElementsAre("a"));
  EXPECT_THAT(splittable("graph g(x: f32[N,4]) { a = Exp(x) b = Pad(a, i64[4]{1,0,-1,0}) return b }"),
              ElementsAre("a"));
}

TEST(FindSplittable, ABatchMayMeetAnotherAxis) {
  // N of y stands beside the last axis of x.
  EXPECT_THAT(splittable("graph g(x: f32[N,4], y: f32[N]) { a = Exp(y) b = Add(x, a) return b }"), ElementsAre("a"));
  EXPECT_THAT(
      splittable(
          "graph g(x: f32[4,4]) { a = Reduce(x) {mode=\"Sum\", axes=[1], keepdims=false} b = Add(x, a) return b }"),
      ElementsAre("a"));
}

TEST(FindSplittable, AxesBehindTheBatchAreFree) {
  EXPECT_THAT(splittable(R"(graph g(x: f32[N,4,6], i: i64[N,3]) {
    constant table: f32[9,4] = #01
    a = Transpose(x) {perm=[0,2,1]}
    b = Reshape(a, i64[2]{0,-1})
    c = Gather(table, i) {axis=0}
    d = Reshape(c, i64[2]{0,-1})
    e = Concat(b, d) {axis=1}
    f = LayerNormalization(e, e) {axis=-1}
    return f
  })"),
              ElementsAre("a", "b", "c", "d", "e"));
}

TEST(FindSplittable, SomeBatchesAreNumbers) {
  EXPECT_THAT(splittable("graph g(x: f32[4,2,2]) { a = Exp(x) b = Reshape(a, i64[2]{0,-1}) return b }"),
              ElementsAre("a", "b"));
  // A reshape that is written for four images.
  EXPECT_THAT(splittable("graph g(x: f32[4,2,2]) { a = Exp(x) b = Reshape(a, i64[2]{4,4}) return b }"),
              ElementsAre("a"));
  EXPECT_THAT(splittable("graph g(x: f32[1,2,2]) { a = Exp(x) return a }"), IsEmpty());
  EXPECT_THAT(splittable("graph g(x: f32[]) { a = Exp(x) return a }"), IsEmpty());
}

TEST(SplitBatch, TheRestReadsWhatTheLoopGives) {
  const Graph graph = parse(R"(graph g(x: f32[N,4], y: f32[4]) {
    a = Exp(x)
    b = Add(a, y)
    c = Mul(b, a)
    return c, a
  })");
  const auto found = find_splittable(graph);
  ASSERT_TRUE(found);
  for (size_t count = 1; count <= 3; ++count) {
    const Graph split = split_batch(graph, *found, count);
    EXPECT_NO_THROW(verify(split)) << count;
    EXPECT_EQ(split.order().size(), 4 - count);
    EXPECT_EQ(image_graph(split).order().size(), count);
    for (size_t i = 0; i < 2; ++i) {
      EXPECT_EQ(split.tensor(split.outputs()[i]).type, graph.tensor(graph.outputs()[i]).type);
      EXPECT_EQ(split.tensor(split.outputs()[i]).name, graph.tensor(graph.outputs()[i]).name);
    }
  }
}

}  // namespace
}  // namespace tn
