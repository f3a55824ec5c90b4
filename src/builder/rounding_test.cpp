// SPDX-License-Identifier: Apache-2.0
#include "builder/rounding.h"

#include <gtest/gtest.h>

#include "builder/fit.h"
#include "ir/text.h"
#include "ops/entry.h"
#include "tuning/region.h"

namespace tn {
namespace {

constexpr std::string_view kNetwork = R"(graph g(x: f32[1,16,8,8]) {
  constant w1: i8[16,16,3,3] = #01
  constant w2: i8[16,16,3,3] = #02
  q = Quantize(x, f32[]{0.25}, u8[]{7}) {to="u8"}
  d = Dequantize(q, f32[]{0.25}, u8[]{7})
  v1 = Dequantize(w1, f32[]{0.01})
  a = Conv(d, v1) {strides=[1,1], dilations=[1,1], pads=[1,1,1,1]}
  b = Relu(a)
  p = Quantize(b, f32[]{0.5}) {to="i8"}
  e = Dequantize(p, f32[]{0.5})
  v2 = Dequantize(w2, f32[]{0.01})
  c = Conv(e, v2) {strides=[1,1], dilations=[1,1], pads=[1,1,1,1]}
  s = Quantize(c, f32[]{0.5}) {to="i8"}
  y = Dequantize(s, f32[]{0.5})
  return y
})";

Graph network() {
  return parse_graph(kNetwork, ops::make_op_by_name);
}

int count(const Graph& graph, std::string_view op) {
  int found = 0;
  for (const NodeId id : graph.order()) found += graph.node(id).op->name() == op ? 1 : 0;
  return found;
}

TEST(Rounding, TheNetworksOwnPairsMayBeRangesOnly) {
  Graph graph = network();
  const quant::Plan plan = take_ranges(graph);
  ASSERT_EQ(plan.size(), 2U) << "what is given to the caller rounded stays so";
  EXPECT_EQ(plan.at("x"), (quant::QParams{0.25F, 7, DataType::U8, quant::Source::User}));
  EXPECT_EQ(plan.at("b"), (quant::QParams{0.5F, 0, DataType::I8, quant::Source::User}));
  EXPECT_EQ(count(graph, "Quantize"), 1);
  EXPECT_EQ(count(graph, "Dequantize"), 3) << "weights, and the output";
}

TEST(Rounding, RangesGiveTheSameIntegersAsThePairs) {
  Graph bound = network(), hinted = network();
  Rounding rounding;
  rounding.plan = take_ranges(hinted);
  EXPECT_EQ(round_products(hinted, rounding, {}).products, (std::set<std::string>{"a", "c"}));
  fuse_network(bound, {}, true);
  fuse_network(hinted, {}, true);
  const auto operands = [](const Graph& graph) {
    std::string text;
    for (const NodeId id : graph.order()) {
      const auto region = region_of(graph, graph.node(id));
      if (!region->anchor) continue;
      text += to_string(region->expressions);
      for (const auto& load : region->anchor_loads)
        text += load ? fmt::format(" {}*{}", load->scale_at(0), load->zero_point_at(0)) : " -";
    }
    return text;
  };
  EXPECT_EQ(operands(hinted), operands(bound));
}

TEST(Rounding, ProductsInFloatsTakeTheirOperandsDequantized) {
  Graph graph = network();
  const Rounding rounding = {{}, "", true, {}, {}};
  EXPECT_EQ(round_products(graph, rounding, {"a"}).products, std::set<std::string>{"c"});
  EXPECT_EQ(count(graph, "Quantize"), 3) << "what is rounded stays so";
  EXPECT_EQ(count(graph, "Dequantize"), 4) << "but for the weights of a";
}

}  // namespace
}  // namespace tn
