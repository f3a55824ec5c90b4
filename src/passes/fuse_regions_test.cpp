// SPDX-License-Identifier: Apache-2.0
#include "passes/fuse_regions.h"

#include "passes/pass_test.h"

namespace tn::passes {
namespace {

/// Operators with those inside regions: "Region(Conv Relu) MaxPool".
std::string outline(const Graph& graph) {
  std::string text;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    text += (text.empty() ? "" : " ") + std::string(node.op->name());
    if (node.op->name() == "Region") text += "(" + operators(node.bodies[0]) + ")";
  }
  return text;
}

constexpr std::string_view kBlock =
    "graph g(x: f32[1,2,4,4], w: f32[2,2,1,1], r: f32[1,2,4,4], c: f32[1,2,1,1]) { "
    "y = Conv(x, w) {strides=[1,1], dilations=[1,1], pads=[0,0,0,0]} a = Add(y, r) b = Relu(a) ";

TEST(FuseAnchors, TakesWhatFollows) {
  const Graph graph =
      run_pass(fuse_anchors, std::string(kBlock) + "d = Mul(b, c) e = Clip(d, f32[]{0}, f32[]{6}) return e }");
  EXPECT_EQ(outline(graph), "Region(Conv Add Relu Mul Clip)");
  EXPECT_EQ(graph.node(0).inputs.size(), 4u) << "constants of one element are inside";
}

TEST(FuseAnchors, KeepsOneResult) {
  EXPECT_EQ(outline(run_pass(fuse_anchors, std::string(kBlock) + "e = Exp(a) return b, e }")),
            "Region(Conv Add) Relu Exp");
  EXPECT_EQ(outline(run_pass(fuse_anchors, std::string(kBlock) + "return b, y }")), "Conv Add Relu");
  EXPECT_EQ(outline(run_pass(fuse_anchors, std::string(kBlock) + "s = Sigmoid(b) t = Mul(b, s) return t }")),
            "Region(Conv Add Relu Sigmoid Mul)");
}

TEST(FuseAnchors, TakesNoLargerShapeAndNothingThatDependsOnItself) {
  EXPECT_EQ(outline(run_pass(fuse_anchors,
                             "graph g(x: f32[3,4], w: f32[4,1], z: f32[3,5]) { y = MatMul(x, w) a = Add(y, z) "
                             "return a }")),
            "MatMul Add");
  EXPECT_EQ(outline(run_pass(fuse_anchors,
                             "graph g(x: f32[3,4], w: f32[4,4]) { y = MatMul(x, w) s = Softmax(y) a = Add(y, s) "
                             "return a }")),
            "MatMul Softmax Add");
}

TEST(FuseAnchors, TwoAnchorsOfOneSumGiveTwoNodes) {
  EXPECT_EQ(outline(run_pass(fuse_anchors,
                             "graph g(x: f32[3,4], v: f32[4,4], w: f32[4,4]) { a = MatMul(x, v) b = MatMul(x, w) "
                             "s = Add(a, b) y = Relu(s) return y }")),
            "MatMul Region(MatMul Add Relu)");
}

TEST(FusePointwise, GathersChainsAndProducers) {
  const Graph graph = run_pass(fuse_pointwise,
                               "graph g(x: f32[2,3], z: f32[2,3], c: f32[3]) { a = Exp(x) b = Neg(z) d = Add(a, b) "
                               "e = Mul(d, c) y = Pow(e, f32[]{2}) q = Transpose(y) {perm=[1,0]} return q }");
  EXPECT_EQ(outline(graph), "Region(Exp Neg Add Mul Pow) Transpose");
}

TEST(FusePointwise, StopsAtOtherShapesAndTwoResults) {
  EXPECT_EQ(outline(run_pass(fuse_pointwise,
                             "graph g(x: f32[3], z: f32[2,3]) { a = Exp(x) b = Neg(a) d = Add(b, z) "
                             "e = Relu(d) return e, d }")),
            "Region(Exp Neg) Add Relu");
}

TEST(FusePointwise, NarrowIntegersAreStored) {
  EXPECT_EQ(outline(run_pass(fuse_pointwise,
                             "graph g(x: u8[5]) { a = Add(x, x) b = Add(a, x) c = Cast(b) {to=\"f32\"} "
                             "d = Relu(c) e = Cast(d) {to=\"u8\"} f = Cast(e) {to=\"f32\"} return f }")),
            "Add Add Region(Cast Relu Cast Cast)");
}

TEST(FusePointwise, LimitsInputs) {
  std::string text = "graph g(x: f32[2]";
  for (int i = 0; i < 20; ++i) text += fmt::format(", x{}: f32[2]", i);
  text += ") { ";
  std::string last = "x";
  for (int i = 0; i < 20; ++i) {
    text += fmt::format("y{} = Add({}, x{}) ", i, last, i);
    last = fmt::format("y{}", i);
  }
  const Graph graph = run_pass(fuse_pointwise, text + "return y19 }");
  for (const NodeId id : graph.order()) EXPECT_LE(graph.node(id).inputs.size(), 12u);
  EXPECT_EQ(graph.order().size(), 2u);
}

constexpr std::string_view kQuantized = R"(graph g(x: u8[1,2,4,4], r: i8[1,2,4,4]) {
    a = Dequantize(x, f32[]{0.5}, u8[]{3})
    b = Dequantize(i8[2,2,1,1]{1,-2,3,-4}, f32[2,1,1,1]{1,2})
    c = Conv(a, b) {strides=[1,1], dilations=[1,1], pads=[0,0,0,0]}
  )";

TEST(FuseAnchors, TakesDequantizedOperandsAndTheQuantizeBehind) {
  const Graph graph = run_pass(fuse_anchors, std::string(kQuantized) +
                                                 R"(d = Relu(c)
    e = Dequantize(r, f32[]{0.25})
    f = Add(d, e)
    y = Quantize(f, f32[]{0.125}, u8[]{0}) {to="u8"}
    return y })");
  EXPECT_EQ(outline(graph), "Region(Dequantize Dequantize Conv Relu Dequantize Add Quantize)");
  EXPECT_EQ(graph.node(graph.order()[0]).inputs.size(), 4u) << "parameters of one element are inside";
}

TEST(FuseAnchors, ActivationsBetweenTwoQuantizesAreTaken) {
  EXPECT_EQ(outline(run_pass(fuse_anchors, std::string(kQuantized) + R"(d = Quantize(c, f32[]{0.125}) {to="i8"}
    e = Dequantize(d, f32[]{0.125})
    f = Sigmoid(e)
    g = Quantize(f, f32[]{0.0078125}) {to="i8"}
    h = Dequantize(g, f32[]{0.0078125})
    i = Mul(e, h)
    y = Quantize(i, f32[]{0.125}) {to="i8"}
    return y })")),
            "Region(Dequantize Dequantize Conv Quantize Dequantize Sigmoid Quantize Dequantize Mul Quantize)");
}

TEST(FuseAnchors, WhatIsDequantizedForOthersIsLeftToThem) {
  const std::string text = std::string(kQuantized) + R"(d = Quantize(c, f32[]{0.125}) {to="i8"}
    e = Dequantize(d, f32[]{0.125})
    v = Dequantize(i8[2,2,1,1]{5,6,7,-8}, f32[]{0.5})
    f = Conv(e, v) {strides=[1,1], dilations=[1,1], pads=[0,0,0,0]}
    g = Exp(e)
    )";
  EXPECT_EQ(outline(run_pass(fuse_anchors, text + "return f }")),
            "Region(Dequantize Dequantize Conv Quantize) Region(Dequantize Dequantize Conv)");
  Graph graph = run_pass(fuse_anchors, text + "return f, g }");
  run_passes(graph, std::span(&fuse_pointwise, 1));
  EXPECT_EQ(outline(graph),
            "Region(Dequantize Dequantize Conv Quantize) Region(Dequantize Dequantize Conv) Region(Dequantize Exp)");
}

TEST(FuseAnchors, OfTwoProductsTheOneThatIsNotRoundedTakesTheirSum) {
  EXPECT_EQ(outline(run_pass(fuse_anchors, std::string(kQuantized) + R"(d = Quantize(c, f32[]{0.125}) {to="i8"}
    e = Dequantize(d, f32[]{0.125})
    v = Dequantize(i8[2,2,1,1]{5,6,7,-8}, f32[]{0.5})
    f = Conv(a, v) {strides=[1,1], dilations=[1,1], pads=[0,0,0,0]}
    g = Add(e, f)
    y = Quantize(g, f32[]{0.25}) {to="i8"}
    return y })")),
            "Region(Dequantize Dequantize Conv Quantize) Region(Dequantize Dequantize Conv Dequantize Add Quantize)");
}

TEST(FusePointwise, FromIntegersToIntegersIsOneRegion) {
  EXPECT_EQ(outline(run_pass(fuse_pointwise, R"(graph g(x: i8[8], z: u8[8]) {
    a = Dequantize(x, f32[]{0.5})
    b = Dequantize(z, f32[]{0.25}, u8[]{7})
    c = Add(a, b)
    y = Quantize(c, f32[]{0.125}) {to="i8"}
    return y
  })")),
            "Region(Dequantize Dequantize Add Quantize)");
}

TEST(Regions, AreComputedWithFloatsWhereNothingTakesThemQuantized) {
  const std::string text = std::string(kQuantized) + R"(d = Relu(c)
    y = Quantize(d, f32[]{0.125}, u8[]{0}) {to="u8"}
    return y })";
  const Graph original = parse(text);
  Graph graph = run_pass(fuse_anchors, text);
  const auto without_loads = [](const Graph&, const Node& node) {
    const std::string inside = operators(node.bodies[0]);
    return inside.find("Dequantize") == std::string::npos && inside.find("Quantize") == std::string::npos;
  };
  trim_regions(graph, without_loads);
  verify(graph);
  EXPECT_EQ(outline(graph), "Dequantize Region(Conv Relu) Quantize");
  EXPECT_NE(graph.tensor(graph.node(graph.order()[1]).inputs[1]).constant, nullptr) << "weights are floats again";
  expect_same_results(original, graph);
}

TEST(Regions, AreTrimmedWithQuantizedOperandsFirst) {
  const std::string text = std::string(kQuantized) + R"(d = Exp(c)
    e = Dequantize(r, f32[]{0.25})
    f = Add(d, e)
    return f })";
  const Graph original = parse(text);
  Graph graph = run_pass(fuse_anchors, text);
  trim_regions(graph, [](const Graph&, const Node& node) { return node.bodies[0].order().size() <= 3; });
  run_passes(graph, std::span(&fuse_pointwise, 1));
  EXPECT_EQ(outline(graph), "Region(Dequantize Dequantize Conv) Region(Exp Dequantize Add)");
  expect_same_results(original, graph);
}

TEST(Regions, AreTrimmedFromTheEnd) {
  const std::string text = std::string(kBlock) + "d = Mul(b, c) return d }";
  const Graph original = parse(text);
  Graph graph = run_pass(fuse_anchors, text);
  trim_regions(graph, [](const Graph&, const Node& node) { return node.bodies[0].order().size() <= 3; });
  verify(graph);
  EXPECT_EQ(outline(graph), "Region(Conv Add Relu) Mul");
  expect_same_results(original, graph);
  trim_regions(graph, [](const Graph&, const Node&) { return false; });
  EXPECT_EQ(outline(graph), "Conv Add Relu Mul");
  expect_same_results(original, graph);
}

TEST(FuseAnchors, TakesOnlyWhatIsHeldToTheSameType) {
  Graph graph = parse_graph(std::string(kBlock) + "s = Sigmoid(b) t = Mul(b, s) return t }", ops::make_op_by_name);
  Precisions precisions;
  for (const NodeId id : graph.order()) {
    const std::string_view op = graph.node(id).op->name();
    if (op == "Conv" || op == "Add") precisions.hold(id, {DataType::F16, false, false, {std::string(op)}});
  }
  run_passes(graph, pipeline(), {.precisions = &precisions, .failure_folder = {}});
  EXPECT_EQ(outline(graph), "Region(Conv Add) Region(Relu Silu)");
  const Precision* const first = precisions.find(graph.order()[0]);
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first->layers, (std::set<std::string>{"Add", "Conv"}));
  EXPECT_EQ(precisions.find(graph.order()[1]), nullptr);
  trim_regions(
      graph, [](const Graph&, const Node&) { return false; }, INT64_MAX, &precisions);
  EXPECT_EQ(outline(graph), "Conv Add Region(Relu Silu)");
  for (const size_t i : {0u, 1u}) EXPECT_NE(precisions.find(graph.order()[i]), nullptr) << i;
}

}  // namespace
}  // namespace tn::passes
