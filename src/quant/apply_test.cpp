// SPDX-License-Identifier: Apache-2.0
#include "quant/apply.h"

#include <gtest/gtest.h>

#include <cmath>

#include "ir/text.h"
#include "ops/entry.h"
#include "quant/spread.h"

namespace tn::quant {
namespace {

Graph parse(std::string_view text) {
  return parse_graph(text, ops::make_op_by_name);
}

Plan plan_for(const Graph& graph, float range = 2) {
  Plan plan;
  for (size_t i = 0; i < graph.tensor_count(); ++i)
    plan[graph.tensor(static_cast<TensorId>(i)).name] = symmetric(range, Source::Calibrated);
  return plan;
}

std::string operators(const Graph& graph) {
  std::string text;
  for (const NodeId id : graph.order()) text += (text.empty() ? "" : " ") + std::string(graph.node(id).op->name());
  return text;
}

const Node& node(const Graph& graph, std::string_view name) {
  for (const NodeId id : graph.order())
    if (graph.node(id).name == name) return graph.node(id);
  throw std::runtime_error("no node " + std::string(name));
}

std::string input_name(const Graph& graph, std::string_view node_name, size_t index) {
  return graph.tensor(node(graph, node_name).inputs[index]).name;
}

constexpr std::string_view kBlock = R"(graph g(x: f32[N,16,8,8]) {
  constant w1: f32[16,16,3,3] = #01
  constant w2: f32[16,16,3,3] = #02
  a = Conv(x, w1) {strides=[1,1], dilations=[1,1], pads=[1,1,1,1]}
  b = Relu(a)
  c = Conv(b, w2) {strides=[1,1], dilations=[1,1], pads=[1,1,1,1]}
  d = Add(c, x)
  y = Relu(d)
  return y
})";

TEST(Apply, PassesOverOperandsThatAreAbsent) {
  Graph graph = parse(R"(graph g(x: f32[1,4,8,8]) {
  y = Resize(x, absent, f32[4]{1,1,2,2}) {mode="nearest"}
  return y
})");
  EXPECT_TRUE(insert_pairs(graph, plan_for(graph)).products.empty());
}

TEST(Apply, RoundsWhatConvolutionsRead) {
  Graph graph = parse(kBlock);
  const Applied applied = insert_pairs(graph, plan_for(graph));
  verify(graph);
  EXPECT_EQ(applied.products.size(), 2U);
  EXPECT_EQ(applied.tensors, 2);
  EXPECT_TRUE(applied.missing.empty());
  EXPECT_EQ(input_name(graph, "a", 0), "x/dequantize");
  EXPECT_EQ(input_name(graph, "c", 0), "b/dequantize");
  EXPECT_EQ(input_name(graph, "d", 1), "x/dequantize") << "the branch is rounded, too";
  EXPECT_EQ(input_name(graph, "d", 0), "c") << "nothing stands between a convolution and its sum";
  EXPECT_EQ(input_name(graph, "y", 0), "d");
  EXPECT_EQ(std::get<bool>(node(graph, "x/quantize").op->attributes().at("implicit")), true);
}

TEST(Apply, OfTwoConvolutionsInASumTheFirstIsRounded) {
  Graph graph = parse(R"(graph g(x: f32[N,16,8,8]) {
    constant w: f32[16,16,1,1] = #01
    a = Conv(x, w) {strides=[1,1], dilations=[1,1], pads=[0,0,0,0]}
    b = Conv(x, w) {strides=[1,1], dilations=[1,1], pads=[0,0,0,0]}
    y = Add(b, a)
    return y
  })");
  insert_pairs(graph, plan_for(graph));
  EXPECT_EQ(input_name(graph, "y", 0), "b");
  EXPECT_EQ(input_name(graph, "y", 1), "a/dequantize");
  EXPECT_EQ(node(graph, "a").inputs[1], node(graph, "b").inputs[1]) << "weights of two readers are rounded once";
}

TEST(Apply, WeightsHaveAScalePerOutputChannel) {
  Graph graph = parse(kBlock);
  const ConstantPtr before = graph.tensor(node(graph, "a").inputs[1]).constant;
  insert_pairs(graph, plan_for(graph));
  const Node& dequantize = *graph.producer(node(graph, "a").inputs[1]);
  const Constant &integers = *graph.tensor(dequantize.inputs[0]).constant,
                 &scales = *graph.tensor(dequantize.inputs[1]).constant;
  ASSERT_EQ(integers.type(), DataType::I8);
  ASSERT_EQ(scales.dims(), (Shape{16, 1, 1, 1}));
  for (int64_t channel = 0; channel < 16; ++channel) {
    int64_t most = 0;
    for (int64_t i = channel * 144; i < (channel + 1) * 144; ++i) {
      most = std::max(most, std::abs(integers.integer(i)));
      EXPECT_LE(std::fabs(integers.number(i) * scales.number(channel) - before->number(i)),
                scales.number(channel) * 0.5001);
    }
    EXPECT_EQ(most, 127);
  }
}

TEST(Apply, WeightsMayBeTheFloatsThatIntegersStandFor) {
  Graph integers = parse(kBlock), floats = integers;
  insert_pairs(integers, plan_for(integers));
  insert_pairs(floats, plan_for(floats), Weights::Floats);
  const Node& dequantize = *integers.producer(node(integers, "a").inputs[1]);
  const Constant &q = *integers.tensor(dequantize.inputs[0]).constant,
                 &scales = *integers.tensor(dequantize.inputs[1]).constant,
                 &weights = *floats.tensor(node(floats, "a").inputs[1]).constant;
  for (int64_t i = 0; i < q.elements(); ++i)
    EXPECT_EQ(weights.number(i), static_cast<float>(q.number(i) * scales.number(i / 144)));
}

TEST(Apply, ProductsOfMatricesLeaveOtherReadersAlone) {
  Graph graph = parse(R"(graph g(x: f32[N,7,32]) {
    constant w: f32[32,48] = #01
    constant small: f32[32,8] = #02
    a = MatMul(x, w)
    b = MatMul(x, small)
    c = Exp(x)
    return a, b, c
  })");
  const Applied applied = insert_pairs(graph, plan_for(graph));
  EXPECT_EQ(applied.products.size(), 1U);
  EXPECT_EQ(input_name(graph, "a", 0), "x/dequantize");
  EXPECT_EQ(input_name(graph, "b", 0), "x");
  EXPECT_EQ(input_name(graph, "c", 0), "x");
  const Node& weights = *graph.producer(node(graph, "a").inputs[1]);
  EXPECT_EQ(graph.tensor(weights.inputs[1]).constant->dims(), (Shape{1, 48}));
}

TEST(Apply, WhatHasNoScaleIsNamed) {
  Graph graph = parse(kBlock);
  Plan plan = plan_for(graph);
  plan.erase("b");
  const Applied applied = insert_pairs(graph, plan);
  EXPECT_EQ(applied.missing, std::vector<std::string>{"b"});
  EXPECT_EQ(applied.products.size(), 1U);
  EXPECT_EQ(input_name(graph, "c", 0), "b");
  EXPECT_EQ(operators(graph).find("Dequantize Dequantize Dequantize"), std::string::npos);
}

TEST(Spread, WhatIsMovedSharesTheLargestScale) {
  const Graph graph = parse(R"(graph g(x: f32[1,4,8,8], z: f32[1,4,4,4]) {
    a = MaxPool(x) {kernel=[2,2], strides=[2,2], dilations=[1,1], pads=[0,0,0,0]}
    b = Concat(a, z) {axis=1}
    c = Transpose(b) {perm=[0,2,3,1]}
    d = Relu(c)
    e = Div(z, z)
    return d, e
  })");
  Plan plan;
  plan["x"] = symmetric(1, Source::Calibrated);
  plan["z"] = symmetric(3, Source::Calibrated);
  spread(graph, plan);
  for (const char* name : {"x", "a", "b", "c", "d", "z"})
    EXPECT_EQ(plan.at(name).scale, symmetric(3, Source::User).scale) << name;
  EXPECT_EQ(plan.at("x").source, Source::Calibrated);
  EXPECT_EQ(plan.at("d").source, Source::Inferred);
  EXPECT_FALSE(plan.contains("e"));
}

TEST(Spread, SumsWithoutAScaleGetTheirBound) {
  const Graph graph = parse(R"(graph g(x: f32[1,4,8,8], z: f32[1,4,8,8]) {
    a = Add(x, z)
    b = Reshape(a, i64[2]{1,256})
    c = Mul(b, f32[1]{-0.5})
    d = Silu(c)
    e = Div(b, d)
    return e
  })");
  Plan plan;
  plan["x"] = symmetric(1, Source::Cache);
  plan["z"] = symmetric(3, Source::Cache);
  const auto bounded = spread(graph, plan);
  ASSERT_EQ(bounded.size(), 3U);
  EXPECT_EQ(bounded[0].tensor, "a");
  EXPECT_EQ(bounded[0].bound.reason, "Add of 'x' of at most 1, 'z' of at most 3");
  EXPECT_EQ(plan.at("a").source, Source::Inferred);
  EXPECT_FLOAT_EQ(range_of(plan.at("a")), 4);
  EXPECT_EQ(plan.at("b").scale, plan.at("a").scale);
  EXPECT_FLOAT_EQ(range_of(plan.at("c")), 2);
  EXPECT_FLOAT_EQ(range_of(plan.at("d")), static_cast<float>(2 / (1 + std::exp(-2.0))));
  EXPECT_FALSE(plan.contains("e")) << "a quotient has no bound";
}

TEST(Spread, BoundsOfWhatIsNeverNegativeAreUnsigned) {
  const Graph graph = parse(R"(graph g(x: f32[1,4,8,8], z: f32[1,4,8,8]) {
    a = Add(x, x)
    b = AveragePool(a) {kernel=[2,2], strides=[2,2], dilations=[1,1], pads=[0,0,0,0]}
    c = Sub(x, a)
    d = Mul(a, z)
    return b, c, d
  })");
  Plan plan;
  plan["x"] = from_range(3, DataType::U8, Source::Calibrated);
  plan["z"] = symmetric(2, Source::Calibrated);
  spread(graph, plan);
  EXPECT_EQ(plan.at("a"), from_range(6, DataType::U8, Source::Inferred));
  EXPECT_EQ(plan.at("b"), plan.at("a"));
  EXPECT_EQ(plan.at("c").type, DataType::I8);
  EXPECT_FLOAT_EQ(range_of(plan.at("c")), 6) << "operands vary apart in a bound";
  EXPECT_FLOAT_EQ(range_of(plan.at("d")), 12);
  EXPECT_EQ(plan.at("d").type, DataType::I8);
}

TEST(Spread, UnsignedTensorsStaySoUnlessTheyMeetSignedOnes) {
  const Graph graph = parse(R"(graph g(x: f32[1,4], z: f32[1,4], v: f32[1,4]) {
    a = Concat(x, z) {axis=1}
    b = Transpose(v) {perm=[1,0]}
    return a, b
  })");
  Plan plan;
  plan["x"] = from_range(3, DataType::U8, Source::Calibrated);
  plan["z"] = symmetric(1, Source::Calibrated);
  plan["v"] = from_range(2, DataType::U8, Source::Calibrated);
  spread(graph, plan);
  EXPECT_EQ(plan.at("a").type, DataType::I8);
  EXPECT_FLOAT_EQ(range_of(plan.at("a")), 3);
  EXPECT_EQ(plan.at("b").type, DataType::U8);
  EXPECT_EQ(plan.at("b").scale, plan.at("v").scale);
}

TEST(Spread, ScalesOfTheUserStay) {
  const Graph graph = parse("graph g(x: f32[2,3]) { y = Transpose(x) {perm=[1,0]} s = Sigmoid(y) return s }");
  Plan plan;
  plan["x"] = symmetric(1, Source::User);
  plan["y"] = symmetric(5, Source::Calibrated);
  plan["s"] = symmetric(0.25F, Source::Calibrated);
  spread(graph, plan);
  EXPECT_EQ(plan.at("x").scale, symmetric(1, Source::User).scale);
  EXPECT_EQ(plan.at("y").scale, symmetric(5, Source::User).scale);
  EXPECT_EQ(plan.at("s"), symmetric(1, Source::Fixed));
}

}  // namespace
}  // namespace tn::quant
