// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_test.h"

namespace tn::passes {
namespace {

constexpr std::string_view kLoad = "a = Dequantize(x, f32[]{0.5}, u8[]{3}) ";

/// What comes of operators behind a Dequantize of x, as operators; y is the result.
std::string behind_load(std::string_view type, std::string_view nodes) {
  return operators(run_pass(move_quantization, fmt::format("graph g(x: {}) {{ {}{} return y }}", type, kLoad, nodes)));
}

TEST(MoveQuantization, DequantizeGoesForward) {
  EXPECT_EQ(behind_load("u8[2,3]", "y = Transpose(a) {perm=[1,0]}"), "Transpose Dequantize");
  EXPECT_EQ(behind_load("u8[2,3]", "b = Reshape(a, i64[1]{6}) y = Slice(b, i64[1]{1}, i64[1]{4})"),
            "Reshape Slice Dequantize");
  EXPECT_EQ(behind_load("u8[2,4]", "b, c = Split(a, i64[2]{1,3}) {axis=1, outputs=2} y = Exp(c)"),
            "Split Dequantize Exp");
  EXPECT_EQ(behind_load("u8[1,1,4,4]", "y = MaxPool(a) {kernel=[3,3], strides=[1,1], dilations=[1,1], pads=[1,1,1,1]}"),
            "MaxPool Dequantize");
  EXPECT_EQ(behind_load("u8[1,1,2,2]", "y = Resize(a, absent, f32[4]{1,1,2,2}) {mode=\"nearest\"}"),
            "Resize Dequantize");
  EXPECT_EQ(behind_load("u8[1,1,2,2]", "y = Resize(a, absent, f32[4]{1,1,2,2}) {mode=\"linear\"}"),
            "Dequantize Resize");
}

TEST(MoveQuantization, WindowsOfPaddingAloneStayFloats) {
  Graph graph =
      parse(fmt::format("graph g(x: u8[1,1,2,2]) {{ {}y = MaxPool(a) {{kernel=[2,2], strides=[1,1], "
                        "dilations=[3,3], pads=[1,1,2,2]}} return y }}",
                        kLoad));
  run_passes(graph, std::span(&move_quantization, 1));
  EXPECT_EQ(operators(graph), "Dequantize MaxPool");
}

TEST(MoveQuantization, PadsWithTheZeroPoint) {
  EXPECT_EQ(behind_load("u8[2]", "y = Pad(a, i64[2]{1,2})"), "Pad Dequantize");
  EXPECT_EQ(behind_load("u8[2]", "y = Pad(a, i64[2]{1,2}, f32[]{0.1})"), "Dequantize Pad");
}

TEST(MoveQuantization, ConcatOfOneScale) {
  const auto joined = [](std::string_view second) {
    return operators(run_pass(move_quantization, fmt::format("graph g(x: u8[2], z: u8[2]) {{ {}b = Dequantize(z, {}) "
                                                             "y = Concat(a, b) {{axis=0}} return y }}",
                                                             kLoad, second)));
  };
  EXPECT_EQ(joined("f32[]{0.5}, u8[]{3}"), "Concat Dequantize");
  EXPECT_EQ(joined("f32[]{0.25}, u8[]{3}"), "Dequantize Dequantize Concat");
  EXPECT_EQ(joined("f32[]{0.5}, u8[]{4}"), "Dequantize Dequantize Concat");
}

TEST(MoveQuantization, QuantizeGoesBackward) {
  const auto before_quantize = [](std::string_view nodes, std::string_view results = "y") {
    return operators(run_pass(
        move_quantization,
        fmt::format("graph g(x: f32[2,3], z: f32[2,3]) {{ {} y = Quantize(b, f32[]{{0.01}}, u8[]{{3}}) {{to=\"u8\"}} "
                    "return {} }}",
                    nodes, results)));
  };
  EXPECT_EQ(before_quantize("b = Transpose(x) {perm=[1,0]}"), "Quantize Transpose");
  EXPECT_EQ(before_quantize("b = Concat(x, z) {axis=0}"), "Quantize Quantize Concat");
  EXPECT_EQ(before_quantize("b = Pad(x, i64[4]{0,1,0,1}, f32[]{0.5})"), "Quantize Pad");
  EXPECT_EQ(before_quantize("b = Transpose(x) {perm=[1,0]} c = Exp(b)", "y, c"), "Transpose Exp Quantize");
  EXPECT_EQ(before_quantize("b = Slice(x, i64[1]{0}, i64[1]{1}) c = Exp(x)", "y, c"), "Slice Exp Quantize")
      << "what others read as floats is not quantized as a whole";
}

TEST(MoveQuantization, PairsVanish) {
  const auto pair = [](std::string_view parameters, std::string_view to) {
    return operators(run_pass(move_quantization, fmt::format("graph g(x: u8[2]) {{ {}b = Quantize(a, {}) {{to=\"{}\"}} "
                                                             "y = Dequantize(b, {}) return y }}",
                                                             kLoad, parameters, to, parameters)));
  };
  EXPECT_EQ(pair("f32[]{0.5}, u8[]{3}", "u8"), "Dequantize");
  EXPECT_EQ(pair("f32[]{0.5}, u8[]{2}", "u8"), "Dequantize Quantize Dequantize");
  EXPECT_EQ(pair("f32[]{0.25}, u8[]{3}", "u8"), "Dequantize Quantize Dequantize");
  EXPECT_EQ(pair("f32[]{0.5}, i8[]{3}", "i8"), "Dequantize Quantize Dequantize");
}

TEST(MoveQuantization, ClampsThatIntegersImplyVanish) {
  const auto clamped = [](std::string_view clamp, std::string_view to, int zero) {
    return operators(run_pass(move_quantization,
                              fmt::format("graph g(x: f32[8]) {{ e = Exp(x) a = {} y = Quantize(a, f32[]{{0.02}}, "
                                          "{}[]{{{}}}) {{to=\"{}\"}} return y }}",
                                          clamp, to, zero, to)));
  };
  EXPECT_EQ(clamped("Relu(e)", "u8", 0), "Exp Quantize");
  EXPECT_EQ(clamped("Relu(e)", "i8", -128), "Exp Quantize");
  EXPECT_EQ(clamped("Relu(e)", "i8", 0), "Exp Relu Quantize");
  EXPECT_EQ(clamped("Clip(e, f32[]{0}, f32[]{6})", "u8", 0), "Exp Quantize");
  EXPECT_EQ(clamped("Clip(e, f32[]{0}, f32[]{3})", "u8", 0), "Exp Clip Quantize");
  EXPECT_EQ(operators(run_pass(move_quantization,
                               "graph g(x: u8[8]) { a = Dequantize(x, f32[]{0.5}) y = Relu(a) return y }")),
            "Dequantize");
  EXPECT_EQ(behind_load("u8[8]", "y = Relu(a)"), "Dequantize Relu");
  EXPECT_EQ(operators(run_pass(move_quantization,
                               "graph g(x: f32[8]) { a = Relu(x) q = Quantize(a, f32[]{0.5}) {to=\"u8\", "
                               "implicit=true} b = Dequantize(q, f32[]{0.5}) {implicit=true} y = Relu(b) return y }")),
            "Relu Quantize Dequantize Relu")
      << "permissions may vanish";
}

TEST(DropPermissions, OnlyImplicitPairsGo) {
  const auto pair = [](bool implicit) {
    Graph graph =
        parse(fmt::format("graph g(x: f32[4]) {{ e = Exp(x) q = Quantize(e, f32[]{{0.5}}) {{to=\"i8\", "
                          "implicit={0}}} a = Dequantize(q, f32[]{{0.5}}) {{implicit={0}}} y = Neg(a) "
                          "return y }}",
                          implicit));
    run_passes(graph, std::span(&drop_permissions, 1));
    return operators(graph);
  };
  EXPECT_EQ(pair(true), "Exp Neg");
  EXPECT_EQ(pair(false), "Exp Quantize Dequantize Neg");
}

TEST(MoveQuantization, WeightsOfAProductAreTransposedAsIntegers) {
  EXPECT_EQ(
      operators(run_pass(move_quantization,
                         "graph g(x: u8[2,3]) { a = Dequantize(x, f32[]{0.5}) w = Dequantize(i8[2,3]{1,2,3,4,5,6}, "
                         "f32[2,1]{0.5,2}) t = Transpose(w) {perm=[1,0]} y = MatMul(a, t) return y }")),
      "Dequantize Transpose Transpose Dequantize MatMul");
}

}  // namespace
}  // namespace tn::passes
