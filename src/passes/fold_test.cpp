// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_test.h"

namespace tn::passes {
namespace {

constexpr std::string_view kConv = "{strides=[1,1], dilations=[1,1], pads=[0,0,0,0]";

TEST(FoldScales, BatchNormalizationDisappears) {
  for (const std::string_view bias : {", f32[4]{1,2,3,4}", ""}) {
    const Graph graph = run_pass(
        fold_scales,
        fmt::format("graph g(x: f32[2,2,3,3]) {{ y = Conv(x, f32[4,1,1,2]{{1,2,3,4,5,6,7,8}}{}) {}, group=2}} "
                    "s = Mul(y, f32[4,1,1]{{1,-2,0.5,3}}) b = Add(f32[1,4,1,1]{{1,2,3,4}}, s) z = Relu(b) return z }}",
                    bias, kConv));
    EXPECT_EQ(operators(graph), "Conv Relu");
  }
}

TEST(FoldScales, TransposedConvolutionsInGroups) {
  EXPECT_EQ(operators(run_pass(
                fold_scales,
                "graph g(x: f32[1,4,2,2]) { y = ConvTranspose(x, f32[4,2,1,2]{1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16}) "
                "{strides=[2,2], dilations=[1,1], pads=[0,0,0,0], output_padding=[0,0], group=2} s = Div(y, "
                "f32[4,1,1]{1,-2,0.5,4}) "
                "b = Sub(s, f32[4,1,1]{1,2,3,4}) return b }")),
            "ConvTranspose");
}

TEST(FoldScales, MatrixProducts) {
  EXPECT_EQ(operators(run_pass(fold_scales,
                               "graph g(x: f32[3,2]) { y = MatMul(x, f32[2,3]{1,2,3,4,5,6}) "
                               "s = Mul(y, f32[3]{1,2,4}) return s }")),
            "MatMul");
  const Graph graph = run_pass(fold_scales,
                               "graph g(x: f32[3,2]) { y = MatMul(x, f32[3,2]{1,2,3,4,5,6}) "
                               "{transpose_b=true} a = Add(y, f32[3]{1,2,4}) s = Div(a, f32[]{8}) return s }");
  EXPECT_EQ(operators(graph), "Div MatMul Add") << "the division of constants is left to constant folding";
}

TEST(FoldScales, ScalesOfQuantizedWeightsTakeFactors) {
  for (const std::string_view scale : {"f32[]{0.5}", "f32[2,1,1,1]{0.5,2}"}) {
    const Graph graph =
        run_pass(fold_scales, fmt::format("graph g(x: u8[1,2,3,3]) {{ a = Dequantize(x, f32[]{{0.5}}) "
                                          "w = Dequantize(i8[2,2,1,1]{{1,2,-3,4}}, {}) y = Conv(a, w) {}}} "
                                          "s = Mul(y, f32[2,1,1]{{1,-2}}) b = Add(s, f32[1,2,1,1]{{1,2}}) return b }}",
                                          scale, kConv));
    EXPECT_EQ(operators(graph), "Dequantize Dequantize Conv");
  }
  EXPECT_EQ(operators(run_pass(fold_scales,
                               "graph g(x: u8[3,2]) { a = Dequantize(x, f32[]{0.5}) "
                               "w = Dequantize(i8[2,3]{1,2,3,4,5,6}, f32[3]{1,2,0.5}) y = MatMul(a, w) "
                               "s = Mul(y, f32[3]{1,2,4}) return s }")),
            "Dequantize Dequantize MatMul");
}

TEST(FoldScales, LeaveWhatIsReadTwiceOrLiesAlongAnotherAxis) {
  EXPECT_EQ(operators(run_pass(fold_scales,
                               "graph g(x: f32[3,2]) { y = MatMul(x, f32[2,3]{1,2,3,4,5,6}) "
                               "s = Mul(y, f32[3]{1,2,4}) e = Exp(y) return s, e }")),
            "MatMul Mul Exp");
  EXPECT_EQ(operators(run_pass(fold_scales,
                               "graph g(x: f32[3,2]) { y = MatMul(x, f32[2,3]{1,2,3,4,5,6}) "
                               "s = Mul(y, f32[3,1]{1,2,4}) return s }")),
            "MatMul Mul");
}

TEST(FoldPads, IntoConvolutionsAndPools) {
  const Graph conv =
      run_pass(fold_pads, fmt::format("graph g(x: f32[1,1,3,3]) {{ p = Pad(x, i64[8]{{0,0,1,2,0,0,0,1}}) "
                                      "y = Conv(p, f32[1,1,2,2]{{1,2,3,4}}) {}}} return y }}",
                                      kConv));
  EXPECT_EQ(operators(conv), "Conv");
  EXPECT_EQ(conv.node(0).op->attributes().at("pads"), FieldValue(std::vector<int64_t>{1, 2, 0, 1}));
  const auto pool = [](std::string_view before, std::string_view op, std::string_view value,
                       std::string_view more = "") {
    return operators(run_pass(
        fold_pads,
        fmt::format("graph g(x: f32[1,1,4,4]) {{ a = {}(x) p = Pad(a, i64[4]{{1,1,1,1}}, f32[]{{{}}}, i64[2]{{2,-1}}) "
                    "y = {}(p) {{kernel=[3,3], strides=[2,2], dilations=[1,1], pads=[0,0,0,0]{}}} return y }}",
                    before, value, op, more)));
  };
  EXPECT_EQ(pool("Exp", "AveragePool", "0"), "Exp AveragePool");
  EXPECT_EQ(pool("Exp", "AveragePool", "1"), "Exp Pad AveragePool");
  EXPECT_EQ(pool("Exp", "MaxPool", "-inf"), "Exp MaxPool");
  EXPECT_EQ(pool("Relu", "MaxPool", "0"), "Relu MaxPool");
  EXPECT_EQ(pool("Neg", "MaxPool", "0"), "Neg Pad MaxPool");
  EXPECT_EQ(pool("Relu", "MaxPool", "0", ", ceil=true"), "Relu Pad MaxPool");
}

TEST(FoldPads, WithTheZeroPointIntoConvolutionsOfIntegers) {
  const auto conv = [](int value) {
    return operators(
        run_pass(fold_pads, fmt::format("graph g(x: u8[1,1,3,3]) {{ p = Pad(x, i64[8]{{0,0,1,2,0,0,0,1}}, u8[]{{{}}}) "
                                        "a = Dequantize(p, f32[]{{0.5}}, u8[]{{7}}) "
                                        "y = Conv(a, f32[1,1,2,2]{{1,2,3,4}}) {}}} return y }}",
                                        value, kConv)));
  };
  EXPECT_EQ(conv(7), "Dequantize Conv");
  EXPECT_EQ(conv(0), "Pad Dequantize Conv");
  EXPECT_EQ(operators(run_pass(fold_pads,
                               "graph g(x: i8[1,1,4,4]) { p = Pad(x, i64[4]{1,1,1,1}, i8[]{-128}, i64[2]{2,-1}) y = "
                               "MaxPool(p) {kernel=[3,3], strides=[2,2], dilations=[1,1], pads=[0,0,0,0]} return y }")),
            "MaxPool");
}

}  // namespace
}  // namespace tn::passes
