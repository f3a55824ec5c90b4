// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <filesystem>

#include "base/error.h"
#include "passes/pass_test.h"

namespace tn::passes {
namespace {

TEST(ConstantFolding, WeightsOfQuantizedProductsStayIntegers) {
  const auto folded = [](std::string_view x, std::string_view nodes) {
    return operators(run_pass(constant_folding, fmt::format("graph g(x: {}) {{ {} return y }}", x, nodes)));
  };
  constexpr std::string_view kWeights =
      "q = Quantize(f32[2,2]{1,2,-3,4}, f32[]{0.5}, i8[]{0}) {to=\"i8\"} w = Dequantize(q, f32[]{0.5}, i8[]{0}) ";
  EXPECT_EQ(folded("u8[3,2]", fmt::format("a = Dequantize(x, f32[]{{0.5}}) {}y = MatMul(a, w)", kWeights)),
            "Dequantize Dequantize MatMul");
  EXPECT_EQ(folded("f32[3,2]", fmt::format("{}y = MatMul(x, w)", kWeights)), "MatMul");
  EXPECT_EQ(folded("u8[2,2]", fmt::format("a = Dequantize(x, f32[]{{0.5}}) {}y = Add(a, w)", kWeights)),
            "Dequantize Add");
}

TEST(ConstantFolding, ComputesNodesOfConstants) {
  expect_pass(constant_folding,
              "graph g(x: f32[2,2]) { a = Add(f32[2]{1,2}, f32[]{0.5}) b = Transpose(f32[2,1]{3,4}) {perm=[1,0]} "
              "y = Mul(x, a) z = Add(y, b) return z }",
              "graph g(x: f32[2,2]) { constant a: f32[2] = {1.5,2.5} constant b: f32[1,2] = {3,4} "
              "y = Mul(x, a) z = Add(y, b) return z }");
}

TEST(ConstantFolding, KnownExtentsAreConstants) {
  expect_pass(constant_folding,
              "graph g(x: f32[2,N,4]) { s = Shape(x) {start=2} y = Expand(x, s) z = Shape(x) return y, z }",
              "graph g(x: f32[2,N,4]) { constant s: i64[1] = {4} y = Expand(x, s) z = Shape(x) return y, z }");
}

TEST(ConstantFolding, LeavesLargeFillsThatAreNoFiltersAndBadIndices) {
  EXPECT_EQ(operators(run_pass(constant_folding,
                               "graph g(x: f32[1]) { big = Expand(f32[1]{1}, i64[2]{1000,1000}) "
                               "y = Add(x, big) return y }")),
            "Expand Add");
  EXPECT_EQ(operators(run_pass(constant_folding,
                               "graph g(x: f32[1,200,4,4]) { filter = Expand(f32[1]{1}, i64[4]{200,200,1,1}) "
                               "y = Conv(x, filter) {strides=[1,1], dilations=[1,1], pads=[0,0,0,0]} return y }")),
            "Conv");
  Graph graph = parse("graph g(x: f32[1]) { bad = Gather(f32[2]{1,2}, i64[1]{7}) y = Add(x, bad) return y }");
  EXPECT_EQ(run_passes(graph, std::span(&constant_folding, 1)).patches(), 0);
}

TEST(DeadNodes, GoInBodiesToo) {
  Graph graph = parse("graph g(x: f32[2]) { a = Relu(x) b = Exp(a) y = Neg(x) return y }");
  EXPECT_EQ(remove_dead_nodes(graph), 2);
  EXPECT_EQ(operators(graph), "Neg");
}

TEST(CommonSubexpressions, Merge) {
  expect_pass(
      common_subexpressions,
      "graph g(x: f32[2]) { a = Exp(x) b = Exp(x) c = Mul(a, f32[]{2}) d = Mul(b, f32[]{2}) y = Add(c, d) return y }",
      "graph g(x: f32[2]) { constant t: f32[] = {2} a = Exp(x) c = Mul(a, t) y = Add(c, c) return y }");
}

TEST(CommonSubexpressions, DifferentAttributesAndTwoOutputsStay) {
  const std::string text =
      "graph g(x: f32[2]) { a = LeakyRelu(x) {alpha=0.5} b = LeakyRelu(x) {alpha=0.25} c = Exp(x) "
      "d = Exp(x) return a, b, c, d }";
  expect_pass(common_subexpressions, text, text);
}

TEST(ShapeValues, ShapeArithmeticBecomesExpressions) {
  expect_pass(shape_values,
              "graph g(x: f32[N,C,4]) { s = Shape(x) n = Gather(s, i64[1]{0}) m = Mul(n, i64[]{2}) y = Expand(x, s) "
              "return y, m }",
              "graph g(x: f32[N,C,4]) { s = ShapeValue \"s\"() {dims=[\"N\",\"C\",\"4\"]} "
              "y = Expand(x, s) m = ShapeValue() {dims=[\"2*N\"]} return y, m }");
}

TEST(ShapeValues, NarrowIntegersAreCast) {
  EXPECT_EQ(operators(run_pass(shape_values, "graph g(x: f32[N]) { s = Shape(x) i = Cast(s) {to=\"i32\"} return i }")),
            "ShapeValue Cast");
}

TEST(Identities, Drop) {
  expect_pass(identities,
              "graph g(x: f32[2,N]) { a = Identity(x) b = Cast(a) {to=\"f32\"} c = Transpose(b) {perm=[0,1]} "
              "d = Concat(c) {axis=0} e = Add(d, f32[]{0}) f = Mul(f32[1,1]{1}, e) "
              "h = Slice(f, i64[1]{0}, i64[1]{9223372036854775807}, i64[1]{1}) y = Relu(h) return y }",
              "graph g(x: f32[2,N]) { y = Relu(x) return y }");
}

TEST(Identities, ZeroPointsOfZeroGo) {
  const Graph graph = run_pass(identities,
                               "graph g(x: f32[2,3]) { a = Quantize(x, f32[]{0.5}, i8[]{0}) {to=\"i8\"} "
                               "b = Dequantize(a, f32[]{0.5}, i8[2,1]{0,0}) return b }");
  ASSERT_EQ(operators(graph), "Quantize Dequantize");
  for (const NodeId id : graph.order()) EXPECT_EQ(graph.node(id).inputs.size(), 2u);
  const Graph other = run_pass(identities, "graph g(x: i8[3]) { b = Dequantize(x, f32[]{0.5}, i8[]{3}) return b }");
  EXPECT_EQ(other.node(other.order()[0]).inputs.size(), 3u);
}

TEST(Identities, StayWhereTheyMatter) {
  const std::string text =
      "graph g(x: f32[2,1]) { a = Identity(x) b = Add(x, f32[1,1,1]{0}) "
      "c = Slice(x, i64[1]{-1}, i64[1]{-9223372036854775807}, i64[1]{0}, i64[1]{-1}) return a, b, c }";
  EXPECT_EQ(operators(run_pass(identities, text)), "Identity Add Slice");
}

TEST(Identities, TransposesMergeAndCancel) {
  expect_pass(identities,
              "graph g(x: f32[2,3,4]) { a = Transpose(x) {perm=[1,2,0]} b = Transpose(a) {perm=[1,2,0]} return b }",
              "graph g(x: f32[2,3,4]) { b = Transpose(x) {perm=[2,0,1]} return b }");
  expect_pass(identities,
              "graph g(x: f32[2,3,4]) { a = Transpose(x) {perm=[1,2,0]} r = Mul(a, f32[]{2}) s = Relu(r) "
              "b = Transpose(s) {perm=[2,0,1]} y = Exp(b) return y }",
              "graph g(x: f32[2,3,4]) { constant t: f32[] = {2} r#2 = Mul \"r\"(x, t) b = Relu \"s\"(r#2) "
              "y = Exp(b) return y }");
}

TEST(Identities, ReshapesMerge) {
  EXPECT_EQ(operators(run_pass(identities,
                               "graph g(x: f32[2,3,4]) { a = Reshape(x, i64[2]{6,4}) b = Unsqueeze(a, "
                               "i64[1]{0}) c = Squeeze(b, i64[1]{0}) y = Relu(c) return y }")),
            "Reshape Relu");
  EXPECT_EQ(operators(run_pass(identities,
                               "graph g(x: f32[N,3,4]) { a = Reshape(x, i64[2]{-1,4}) b = Reshape(a, "
                               "i64[3]{-1,3,4}) y = Relu(b) return y }")),
            "Relu");
}

TEST(PassRunner, CanBeSwitchedOffAndBisected) {
  const std::string text =
      "graph g(x: f32[2]) { a = Identity(x) b = Identity(a) c = Identity(b) y = Relu(c) return y }";
  Graph graph = parse(text);
  PassOptions options;
  options.disabled = {"identities", "fuse_pointwise"};
  run_passes(graph, pipeline(), options);
  EXPECT_EQ(operators(graph), "Identity Identity Identity Relu");
  options = {};
  options.max_patches = 2;
  EXPECT_EQ(run_passes(graph, std::span(&identities, 1), options).patches(), 2);
  EXPECT_EQ(operators(graph), "Identity Relu");
  options.disabled = {"identites"};
  EXPECT_THROW(run_passes(graph, pipeline(), options), Error);
}

std::optional<Patch> breaks_types(Graph& graph, const Uses&, NodeId id) {
  const TensorId output = graph.node(id).outputs[0];
  Patch patch(graph);
  patch.replace(output, patch.constant("wrong", Constant::scalar(DataType::I8, 1)));
  return patch;
}

TEST(PassRunner, AFailureSavesTheGraph) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "tenon_failed_pass";
  std::filesystem::create_directories(folder);
  constexpr Rule kRules[] = {breaks_types};
  const Pass bad = {"bad", kRules};
  Graph graph = parse("graph g(x: f32[2]) { a = Exp(x) y = Relu(a) return y }");
  PassOptions options;
  options.failure_folder = folder;
  try {
    run_passes(graph, std::span(&bad, 1), options);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("pass 'bad'"), testing::HasSubstr(folder.string())));
  }
  EXPECT_FALSE(std::filesystem::is_empty(folder));
  std::filesystem::remove_all(folder);
}

TEST(SinkReshapes, LinearLayersOnMatricesTakeAllAxes) {
  const auto sunk = [](std::string_view body) {
    Graph graph = run_pass(sink_reshapes, fmt::format("graph g(x: f32[2,3,4,2]) {{ {} return y }}", body));
    const Pass then[] = {identities, dead_nodes};
    run_passes(graph, then);
    return operators(graph);
  };
  constexpr std::string_view kWeights = "f32[8,3]{1,2,3,4,5,6,7,8,9,1,2,3,4,5,6,7,8,9,1,2,3,4,5,6}";
  EXPECT_EQ(sunk(fmt::format("a = Reshape(x, i64[2]{{-1,8}}) m = MatMul(a, {}) b = Add(f32[3]{{1,2,3}}, m) "
                             "r = Reshape(b, i64[3]{{2,3,3}}) y = Relu(r)",
                             kWeights)),
            "Reshape MatMul Add Relu");
  EXPECT_EQ(sunk(fmt::format("a = Reshape(x, i64[2]{{-1,8}}) m = MatMul(a, {}) y = Relu(m)", kWeights)),
            "Reshape MatMul Reshape Relu");
  // Three of the four axes become rows, but eight elements are no tail of [2,3,4,2] split otherwise.
  EXPECT_EQ(sunk("a = Reshape(x, i64[2]{-1,6}) m = MatMul(a, f32[6,1]{1,2,3,4,5,6}) y = Relu(m)"),
            "Reshape MatMul Relu");
}

// Attention that takes the sequence as its first axis: [3,N,4], in two heads of two.
constexpr std::string_view kSequenceFirst =
    "t = Transpose(x) {{perm=[1,0,2]}} m = MatMul(t, f32[4,4]{{1,2,3,4,5,6,7,8,9,1,2,3,4,5,6,7}}) "
    "b = Add(f32[4]{{1,2,3,4}}, m) h = Reshape(b, i64[3]{{3,-1,2}}) s = Transpose(h) {{perm=[1,0,2]}} "
    "q = Reshape(s, i64[4]{{-1,2,3,2}}) a = Softmax(q) o = Transpose(a) {{perm=[2,0,1,3]}} "
    "r = Reshape(o, i64[3]{{3,-1,4}}) n = MatMul(r, f32[4,2]{{1,2,3,4,5,6,7,8}}) c = Add(n, f32[2]{{1,2}}) "
    "d = Transpose(c) {{perm=[1,0,2]}} y = Add(d, z)";

TEST(SinkTransposes, SequenceFirstBecomesBatchFirst) {
  for (const std::string_view batch : {"2", "N"}) {
    Graph graph = run_pass(sink_transposes, fmt::format("graph g(x: f32[{0},3,4], z: f32[{0},3,2]) {{ {1} return y }}",
                                                        batch, fmt::format(fmt::runtime(kSequenceFirst))));
    const Pass then[] = {identities, dead_nodes};
    run_passes(graph, then);
    EXPECT_EQ(operators(graph), "MatMul Add Reshape Transpose Softmax Transpose Reshape MatMul Add Add") << batch;
  }
}

// Q, K and V from one product, as torch splits them: [2,3,12] is [2,3,3,4], and the axis of three comes first.
TEST(SinkTransposes, PartsOfOneProductStayBatchFirst) {
  for (const std::string_view batch : {"2", "N"}) {
    Graph graph = run_pass(
        sink_transposes,
        fmt::format("graph g(x: f32[1,{0},3,3,4]) {{ t = Transpose(x) {{perm=[3,2,1,0,4]}} "
                    "s = Squeeze(t, i64[1]{{-2}}) "
                    "a = Gather(s, i64[]{{0}}) {{axis=0}} b = Gather(s, i64[]{{-1}}) {{axis=-4}} "
                    "c = Transpose(a) {{perm=[1,0,2]}} d = Transpose(b) {{perm=[1,0,2]}} y = Add(c, d) return y }}",
                    batch));
    const Pass then[] = {identities, dead_nodes};
    run_passes(graph, then);
    EXPECT_EQ(operators(graph), "Squeeze Gather Gather Add") << batch;
  }
}

TEST(SinkTransposes, OnlyWhereLinesStayWhole) {
  const auto sunk = [](std::string_view body) {
    return operators(run_pass(sink_transposes, fmt::format("graph g(x: f32[2,3,4]) {{ {} return y }}", body)));
  };
  // The rows of the product are columns of x.
  EXPECT_EQ(sunk("t = Transpose(x) {perm=[1,2,0]} y = MatMul(t, f32[2,1]{1,2})"), "Transpose MatMul");
  // Two axes of x end in one: nothing splits.
  EXPECT_EQ(sunk("t = Transpose(x) {perm=[1,0,2]} y = Reshape(t, i64[2]{3,8})"), "Transpose Reshape");
  EXPECT_EQ(sunk("t = Transpose(x) {perm=[1,0,2]} y = Reshape(t, i64[4]{3,2,2,2})"), "Reshape Transpose");
  // Nothing to meet: the copy stays before the product.
  EXPECT_EQ(sunk("t = Transpose(x) {perm=[1,0,2]} r = Reshape(t, i64[2]{3,8}) "
                 "y = MatMul(r, f32[8,1]{1,2,3,4,5,6,7,8})"),
            "Transpose Reshape MatMul");
  // The transpose is read as a whole too.
  EXPECT_EQ(sunk("t = Transpose(x) {perm=[1,0,2]} a = Gather(t, i64[]{1}) {axis=0} s = Relu(t) y = Add(a, s)"),
            "Transpose Gather Relu Add");
}

constexpr std::string_view kWeights = "constant a: f32[2,3] = {1,2,3,4,5,6} constant b: f32[2,1] = {7,8}";

TEST(JoinProducts, OfOneInputThatAreOnlyViewed) {
  const Graph graph = run_pass(
      join_products, fmt::format("graph g(x: f32[2,2]) {{ {} p = MatMul(x, a) q = MatMul(x, b) "
                                 "y = Transpose(p) {{perm=[1,0]}} z = Transpose(q) {{perm=[1,0]}} return y, z }}",
                                 kWeights));
  EXPECT_EQ(operators(graph), "MatMul Slice Transpose Slice Transpose");
}

TEST(JoinProducts, WithTheirBiases) {
  const Graph graph =
      run_pass(join_products,
               "graph g(x: f32[1,2,2]) { p = MatMul(x, f32[3,2]{1,2,3,4,5,6}) {transpose_b=true} q = MatMul(x, "
               "f32[1,2]{7,8}) {transpose_b=true} s = Add(p, f32[3]{1,2,3}) t = Add(f32[1]{4}, q) y = Transpose(s) "
               "{perm=[0,2,1]} z = Transpose(t) {perm=[0,2,1]} return y, z }");
  EXPECT_EQ(operators(graph), "MatMul Add Slice Transpose Slice Transpose");
}

TEST(JoinProducts, LeavesWhatAnElementwiseOperatorReadsAndOtherForms) {
  const auto joined = [](std::string_view nodes) {
    return operators(run_pass(
        join_products, fmt::format("graph g(x: f32[2,2], w: f32[2,3]) {{ {} {} return y, z }}", kWeights, nodes)));
  };
  EXPECT_EQ(joined("p = MatMul(x, a) q = MatMul(x, b) y = Relu(p) z = Transpose(q) {perm=[1,0]}"),
            "MatMul MatMul Relu Transpose");
  EXPECT_EQ(joined("p = MatMul(x, a) z = MatMul(x, b) y = Transpose(p) {perm=[1,0]}"), "MatMul MatMul Transpose")
      << "an output of the graph";
  EXPECT_EQ(joined("p = MatMul(x, w) q = MatMul(x, b) y = Transpose(p) {perm=[1,0]} z = Transpose(q) {perm=[1,0]}"),
            "MatMul MatMul Transpose Transpose")
      << "a matrix that is not constant";
  EXPECT_EQ(joined("p = MatMul(x, f32[3,2]{1,2,3,4,5,6}) {transpose_b=true} q = MatMul(x, b) y = Transpose(p) "
                   "{perm=[1,0]} z = Transpose(q) {perm=[1,0]}"),
            "MatMul MatMul Transpose Transpose")
      << "one is transposed";
}

}  // namespace
}  // namespace tn::passes
