// SPDX-License-Identifier: Apache-2.0
#include "tuning/region.h"

#include <gtest/gtest.h>

#include "ir/text.h"
#include "ops/entry.h"

namespace tn {
namespace {

std::string signature(std::string_view text, const SymbolRanges& ranges, const std::map<std::string, int64_t>& opt) {
  const Graph graph = parse_graph(text, ops::make_op_by_name);
  return region_of(graph, graph.node(graph.order()[0]))->signature(ranges, opt);
}

TEST(Signature, SymbolsHaveNoNames) {
  const std::string mine =
      signature("graph g(a: f32[N,S,8], b: f32[N,8,2*S]) { y = MatMul(a, b) return y }",
                {{"N", {1, 4}}, {"S", {2, 64}}, {"other", {1, 2}}}, {{"N", 2}, {"S", 8}, {"other", 1}});
  const std::string same = signature("graph h(p: f32[batch,A,8], q: f32[batch,8,2*A]) { z = MatMul(p, q) return z }",
                                     {{"batch", {1, 4}}, {"A", {2, 64}}}, {{"batch", 2}, {"A", 8}});
  EXPECT_EQ(mine, same);
  EXPECT_EQ(mine.find('N'), std::string::npos);
}

TEST(Signature, RangesAndTunedValuesCount) {
  constexpr std::string_view kText = "graph g(a: f32[N,8]) { y = Softmax(a) {axis=1} return y }";
  const std::string mine = signature(kText, {{"N", {1, 4}}}, {{"N", 2}});
  EXPECT_NE(mine, signature(kText, {{"N", {1, 8}}}, {{"N", 2}}));
  EXPECT_NE(mine, signature(kText, {{"N", {1, 4}}}, {{"N", 4}}));
}

TEST(Signature, KnownValuesCount) {
  const auto slice = [](std::string_view step) {
    return signature(fmt::format("graph g(a: f32[N,8]) {{ y = Slice(a, i64[1]{{{}}}, i64[1]{{{}}}, i64[1]{{1}}, "
                                 "i64[1]{{{}}}) return y }}",
                                 step == "1" ? "0" : "-1", step == "1" ? "8" : "-9", step),
                     {{"N", {1, 4}}}, {{"N", 2}});
  };
  EXPECT_NE(slice("1"), slice("-1"));
}

std::string quantized(std::string_view x_scale, std::string_view y_scale, std::string_view zero_point = "3") {
  return fmt::format(R"(graph g(x: u8[1,2,4,4]) {{
    y = Region(x, i8[2,2,1,1]{{1,2,3,4}}, f32[2,1,1,1]{{1,2}}, i8[2,1,1,1]{{0,0}}) {{
      graph body(x: u8[1,2,4,4], w: i8[2,2,1,1], s: f32[2,1,1,1], z: i8[2,1,1,1]) {{
      a = Dequantize(x, f32[]{{{}}}, u8[]{{{}}})
      b = Dequantize(w, s, z)
      c = Conv(a, b) {{strides=[1,1], dilations=[1,1], pads=[0,0,0,0]}}
      d = Relu(c)
      e = Quantize(d, f32[]{{{}}}, u8[]{{0}}) {{to="u8"}}
      return e
    }} }}
    return y
  }})",
                     x_scale, zero_point, y_scale);
}

TEST(Region, TakesDequantizedOperandsAsLoads) {
  const Graph graph = parse_graph(quantized("0.5", "0.25"), ops::make_op_by_name);
  const auto region = region_of(graph, graph.node(graph.order()[0]));
  ASSERT_TRUE(region && region->anchor && region->loads_quantized());
  EXPECT_EQ(region->operators(), "Conv+Relu");
  EXPECT_EQ(region->anchor_inputs, (std::vector<int>{0, 1}));
  const QuantizedLoad &x = *region->anchor_loads[0], &w = *region->anchor_loads[1];
  EXPECT_FALSE(x.per_channel());
  EXPECT_EQ(x.scale_at(5), 0.5);
  EXPECT_EQ(x.zero_point_at(5), 3);
  EXPECT_EQ(w.axis, 0);
  EXPECT_EQ(w.scale_at(1), 2);
  EXPECT_EQ(w.zero_point, nullptr) << "all are 0";
  EXPECT_TRUE(region->expression_inputs.empty());
  EXPECT_EQ(region->expressions.size(), 1u);
}

TEST(Region, DoesNotLoadThroughScalesThatAreComputed) {
  const Graph graph = parse_graph(R"(graph g(x: u8[3,4], s: f32[], w: f32[4,2]) {
    y = Region(x, s, w) { graph body(x: u8[3,4], s: f32[], w: f32[4,2]) { a = Dequantize(x, s) b = MatMul(a, w) return b } }
    return y
  })",
                                  ops::make_op_by_name);
  EXPECT_FALSE(region_of(graph, graph.node(graph.order()[0])));
}

TEST(Signature, DoesNotDependOnTheOrderOfOperands) {
  const auto conv = [](std::string_view operands) {
    return signature(fmt::format("graph g(x: f32[1,4,8,8], w: f32[4,4,1,1], b: f32[1,4,1,1]) {{ y = Region({0}) {{ "
                                 "graph body({1}) {{ a = Conv(x, w) {{pads=[0,0,0,0], strides=[1,1], dilations=[1,1]}} "
                                 "c = Add(a, b) return c }} }} return y }}",
                                 operands == "xwb" ? "x, w, b" : "b, w, x",
                                 operands == "xwb" ? "x: f32[1,4,8,8], w: f32[4,4,1,1], b: f32[1,4,1,1]"
                                                   : "b: f32[1,4,1,1], w: f32[4,4,1,1], x: f32[1,4,8,8]"),
                     {}, {});
  };
  EXPECT_EQ(conv("xwb"), conv("bwx"));
}

TEST(Signature, QuantizedRegionsHaveNoNumbers) {
  EXPECT_EQ(signature(quantized("0.5", "0.25"), {}, {}), signature(quantized("0.125", "3e-05"), {}, {}));
  EXPECT_NE(signature(quantized("0.5", "0.25"), {}, {}), signature(quantized("0.5", "0.25", "0"), {}, {}));
}

}  // namespace
}  // namespace tn
