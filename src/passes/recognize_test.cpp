// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_test.h"

namespace tn::passes {
namespace {

std::string recognized(const Pass& pass, std::string_view body, std::string_view inputs = "x: f32[2,3]") {
  return operators(run_pass(pass, fmt::format("graph g({}) {{ {} return y }}", inputs, body)));
}

TEST(RecognizeActivations, GeluInItsForms) {
  EXPECT_EQ(recognized(recognize_activations,
                       "d = Div(x, f32[]{1.4142135}) e = Erf(d) p = Add(e, f32[]{1}) "
                       "m = Mul(x, p) y = Mul(m, f32[]{0.5})"),
            "Gelu");
  EXPECT_EQ(recognized(recognize_activations,
                       "h = Mul(f32[]{0.5}, x) d = Mul(x, f32[]{0.70710677}) e = Erf(d) "
                       "p = Add(f32[]{1}, e) y = Mul(h, p)"),
            "Gelu");
  const Graph graph =
      run_pass(recognize_activations,
               "graph g(x: f32[2,3]) { c = Pow(x, f32[]{3}) m = Mul(c, f32[]{0.044715}) a = Add(x, m) "
               "s = Mul(a, f32[]{0.7978846}) t = Tanh(s) p = Add(t, f32[]{1}) h = Mul(x, f32[]{0.5}) y = Mul(h, p) "
               "return y }");
  EXPECT_EQ(operators(graph), "Gelu");
  EXPECT_EQ(graph.node(0).op->attributes().at("approximate"), FieldValue(std::string("tanh")));
  EXPECT_EQ(recognized(recognize_activations,
                       "d = Div(x, f32[]{1.5}) e = Erf(d) p = Add(e, f32[]{1}) "
                       "m = Mul(x, p) y = Mul(m, f32[]{0.5})"),
            "Div Erf Add Mul Mul");
}

TEST(RecognizeActivations, SiluAndHardSwish) {
  EXPECT_EQ(recognized(recognize_activations, "s = Sigmoid(x) y = Mul(x, s)"), "Silu");
  EXPECT_EQ(recognized(recognize_activations, "a = Mul(x, f32[]{1.702}) s = Sigmoid(a) y = Mul(s, x)"), "Silu");
  EXPECT_EQ(recognized(recognize_activations, "s = HardSigmoid(x) {alpha=0.16666667, beta=0.5} y = Mul(x, s)"),
            "HardSwish");
  EXPECT_EQ(recognized(recognize_activations,
                       "a = Add(x, f32[]{3}) c = Clip(a, f32[]{0}, f32[]{6}) m = Mul(x, c) "
                       "y = Div(m, f32[]{6})"),
            "HardSwish");
  EXPECT_EQ(recognized(recognize_activations, "s = HardSigmoid(x) {alpha=0.2, beta=0.5} y = Mul(x, s)"),
            "HardSigmoid Mul");
}

constexpr std::string_view kLayerNorm =
    "m = Reduce(x) {mode=\"Mean\", axes=[-1]} d = Sub(x, m) q = Pow(d, f32[]{2}) v = Reduce(q) {mode=\"Mean\", "
    "axes=[-1]} e = Add(v, f32[]{1e-05}) s = Sqrt(e) n = Div(d, s) ";

TEST(RecognizeNorms, LayerNormalization) {
  EXPECT_EQ(
      recognized(recognize_norms, std::string(kLayerNorm) + "g = Mul(n, f32[3]{1,2,3}) y = Add(g, f32[3]{4,5,6})"),
      "LayerNormalization");
  EXPECT_EQ(recognized(recognize_norms, std::string(kLayerNorm) + "y = Relu(n)"), "LayerNormalization Relu");
  EXPECT_EQ(
      recognized(recognize_norms, std::string(kLayerNorm) + "g = Mul(n, f32[2,1]{1,2}) y = Add(g, f32[3]{4,5,6})"),
      "LayerNormalization Mul Add");
}

TEST(RecognizeNorms, RmsNormalization) {
  EXPECT_EQ(recognized(recognize_norms,
                       "q = Mul(x, x) v = Reduce(q) {mode=\"Mean\", axes=[1]} e = Add(v, f32[]{0.001}) "
                       "s = Sqrt(e) r = Reciprocal(s) n = Mul(x, r) y = Mul(f32[3]{1,2,3}, n)"),
            "RMSNormalization");
  EXPECT_EQ(recognized(recognize_norms,
                       "q = Mul(x, x) v = Reduce(q) {mode=\"Mean\", axes=[0]} e = Add(v, f32[]{0.001}) "
                       "s = Sqrt(e) r = Reciprocal(s) y = Mul(x, r)"),
            "Mul Reduce Add Sqrt Reciprocal Mul");
}

TEST(RecognizeNorms, Softmax) {
  EXPECT_EQ(recognized(recognize_norms,
                       "m = Reduce(x) {mode=\"Max\", axes=[0]} d = Sub(x, m) e = Exp(d) s = Reduce(e) "
                       "{mode=\"Sum\", axes=[0]} y = Div(e, s)"),
            "Softmax");
}

constexpr std::string_view kHeads = "q: f32[2,2,3,4], k: f32[2,2,5,4], v: f32[2,2,5,6], mask: f32[2,1,1,5]";

TEST(RecognizeAttention, WithScaleAndMask) {
  const std::string text =
      "t = Transpose(k) {perm=[0,1,3,2]} s = MatMul(q, t) d = Div(s, f32[]{2}) a = Add(d, mask) "
      "p = Softmax(a) y = MatMul(p, v)";
  EXPECT_EQ(recognized(recognize_attention, text, kHeads), "Transpose Transpose Attention");
  EXPECT_EQ(recognized(recognize_attention,
                       "a = Mul(q, f32[]{0.5}) t = Transpose(k) {perm=[0,1,3,2]} b = Mul(t, f32[]{0.5}) "
                       "s = MatMul(a, b) p = Softmax(s) {axis=3} y = MatMul(p, v)",
                       kHeads),
            "Transpose Transpose Attention");
  EXPECT_EQ(
      recognized(recognize_attention, "s = MatMul(q, k) {transpose_b=true} p = Softmax(s) y = MatMul(p, v)", kHeads),
      "Attention");
}

TEST(RecognizeAttention, WithAMaskThatChooses) {
  const auto chosen = [](std::string_view where) {
    const std::string text = fmt::format(
        "c = Less(mask, f32[]{{0.5}}) s = MatMul(q, k) {{transpose_b=true}} w = {} p = Softmax(w) y = MatMul(p, v)",
        where);
    return recognized(recognize_attention, text, kHeads);
  };
  EXPECT_EQ(chosen("Where(c, s, f32[]{-inf})"), "Less Attention");
  EXPECT_EQ(chosen("Where(c, f32[]{-inf}, s)"), "Less Not Attention");
  // A row that is shut out wholly would be another one.
  EXPECT_EQ(chosen("Where(c, s, f32[]{-1000})"), "Less MatMul Where Softmax MatMul");
}

TEST(RecognizeAttention, NotWhereScoresAreReadElsewhere) {
  const Graph graph =
      run_pass(recognize_attention, fmt::format("graph g({}) {{ s = MatMul(q, k) {{transpose_b=true}} p = Softmax(s) "
                                                "y = MatMul(p, v) return y, p }}",
                                                kHeads));
  EXPECT_EQ(operators(graph), "MatMul Softmax MatMul");
}

TEST(Pipeline, BringsAnEncoderBlockToItsOperators) {
  Graph graph =
      parse(fmt::format("graph g(x: f32[2,3]) {{ {} g = Mul(n, f32[3]{{1,2,3}}) b = Add(g, f32[3]{{4,5,6}}) "
                        "w = MatMul(b, f32[3,3]{{1,2,3,4,5,6,7,8,9}}) c = Add(w, f32[3]{{1,1,1}}) "
                        "i = Identity(c) sg = Sigmoid(i) o = Mul(i, sg) y = Add(o, x) return y }}",
                        kLayerNorm));
  const Graph original = graph;
  run_passes(graph, pipeline());
  expect_same_results(original, graph);
  EXPECT_EQ(operators(graph), "LayerNormalization Region");
  Graph again = graph;
  EXPECT_EQ(run_passes(again, pipeline()).patches(), 0);
}

}  // namespace
}  // namespace tn::passes
