// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_test.h"

namespace tn::passes {
namespace {

// Operators of what a body makes of x: f32[BATCH,3,4] once slices are hoisted and what they leave is cleaned up.
std::string hoisted(std::string_view body, std::string_view batch = "2") {
  Graph graph = run_pass(hoist_slices, fmt::format("graph g(x: f32[{},3,4], z: f32[3,4]) {{ "
                                                   "constant w: f32[4,4] = {{1,2,3,4,5,6,7,8,9,1,2,3,4,5,6,7}} "
                                                   "constant g: f32[4] = {{1,2,3,4}} {} }}",
                                                   batch, body));
  const Pass then[] = {common_subexpressions};
  run_passes(graph, then);
  return operators(graph);
}

TEST(HoistSlices, OfALayerOnlyTheTokenThatIsReadIsMade) {
  // A residual block behind another, whose normalization reads all rows of what is added.
  constexpr std::string_view kLayer =
      "n = LayerNormalization(x, g, g) m = MatMul(n, w) a = Add(m, x) "
      "o = LayerNormalization(a, g, g) u = MatMul(o, w) v = Tanh(u) d = MatMul(v, w) b = Add(d, a) "
      "l = LayerNormalization(b, g, g) y = Gather(l, i64[]{1}) {axis=1} return y";
  for (const std::string_view batch : {"2", "N"})
    EXPECT_EQ(
        hoisted(kLayer, batch),
        "Slice LayerNormalization MatMul Add LayerNormalization MatMul Tanh MatMul Add LayerNormalization Squeeze")
        << batch;
}

TEST(HoistSlices, RangesAndPositionsFromTheEnd) {
  EXPECT_EQ(hoisted("m = MatMul(x, w) y = Gather(m, i64[]{-1}) {axis=1} return y"), "Slice MatMul Squeeze");
  EXPECT_EQ(hoisted("m = MatMul(x, w) y = Slice(m, i64[1]{-1}, i64[1]{-4}, i64[1]{1}, i64[1]{-2}) return y"),
            "Slice MatMul");
  EXPECT_EQ(hoisted("m = MatMul(x, w) y = Slice(m, i64[1]{1}, i64[1]{9}) return y"), "Slice MatMul");
  EXPECT_EQ(hoisted("s = Softmax(x) y = Slice(s, i64[1]{0}, i64[1]{2}, i64[1]{1}) return y", "N"), "Slice Softmax");
}

TEST(HoistSlices, BroadcastOperandsAreSlicedWhereTheyVary) {
  const Graph graph = run_pass(hoist_slices,
                               "graph g(x: f32[2,3,4], z: f32[3,4], v: f32[4]) { s = Softmax(x) a = Add(s, z) "
                               "b = Add(a, v) y = Slice(b, i64[1]{1}, i64[1]{3}, i64[1]{1}) return y }");
  EXPECT_EQ(operators(graph), "Slice Slice Softmax Add Add");
}

TEST(HoistSlices, RowsOfAttentionAreItsQueries) {
  const auto attention = [](std::string_view mask, std::string_view attributes) {
    return operators(run_pass(
        hoist_slices,
        fmt::format("graph g(q: f32[2,2,5,4], k: f32[2,2,6,4], v: f32[2,2,6,4], m: f32[{}]) {{ "
                    "a = Attention(q, k, v, m) {} t = Transpose(a) {{perm=[0,2,1,3]}} r = Reshape(t, i64[3]{{2,5,8}}) "
                    "y = Gather(r, i64[]{{0}}) {{axis=1}} return y }}",
                    mask, attributes)));
  };
  EXPECT_EQ(attention("5,6", ""), "Slice Slice Attention Transpose Reshape Squeeze");
  EXPECT_EQ(attention("2,1,1,6", ""), "Slice Attention Transpose Reshape Squeeze");
  EXPECT_EQ(attention("1,6", "{causal=true}"), "Attention Transpose Reshape Gather") << "its rows tell what they see";
}

TEST(HoistSlices, WhatIsReadAsAWholeStays) {
  EXPECT_EQ(hoisted("m = MatMul(x, w) y = Gather(m, i64[]{1}) {axis=1} return y, m"), "MatMul Gather");
  EXPECT_EQ(hoisted("m = MatMul(x, w) y = Gather(m, i64[]{1}) {axis=1} r = Relu(m) return y, r"), "MatMul Gather Relu");
  EXPECT_EQ(hoisted("m = MatMul(x, w) y = Gather(m, i64[]{1}) {axis=1} r = Gather(m, i64[]{0}) {axis=1} return y, r"),
            "MatMul Gather Gather");
  EXPECT_EQ(hoisted("m = MatMul(x, w) y = Gather(m, i64[]{1}) {axis=1} r = Gather(m, i64[]{1}) {axis=1} return y, r"),
            "Slice MatMul Squeeze");
}

TEST(HoistSlices, AxesThatAreMixedStay) {
  EXPECT_EQ(hoisted("s = Softmax(x) {axis=1} y = Gather(s, i64[]{1}) {axis=1} return y"), "Softmax Gather");
  EXPECT_EQ(hoisted("n = LayerNormalization(x, z) {axis=1} y = Gather(n, i64[]{1}) {axis=1} return y"),
            "LayerNormalization Gather");
  EXPECT_EQ(hoisted("m = MatMul(x, w) y = Gather(m, i64[]{1}) {axis=2} return y"), "MatMul Gather");
  EXPECT_EQ(hoisted("m = Softmax(x) r = Reshape(m, i64[2]{6,4}) y = Gather(r, i64[]{1}) {axis=0} return y"),
            "Softmax Reshape Gather");
}

TEST(HoistSlices, WhereNothingIsSavedFusionKeepsItsNodes) {
  EXPECT_EQ(hoisted("r = Relu(x) y = Gather(r, i64[]{1}) {axis=1} return y"), "Relu Gather");
}

}  // namespace
}  // namespace tn::passes
