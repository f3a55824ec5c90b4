// SPDX-License-Identifier: Apache-2.0
#include "ir/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "base/error.h"

namespace tn {
namespace {

// An operator that gives its first input's type, once per attribute `outputs`.
struct Same final : OpBase<Same> {
  static constexpr std::string_view kName = "Same";
  int64_t outputs = 1;
  double scale = 0.5;
  bool flag = false;
  std::string mode = "a \"b\"";
  std::vector<int64_t> axes;
  std::vector<std::string> names;
  template <typename V>
  void fields(V& v) {
    v("outputs", outputs);
    v("scale", scale);
    v("flag", flag);
    v("mode", mode);
    v("axes", axes);
    v("names", names);
  }
  std::vector<TensorType> infer(const InferContext& context) const override {
    return std::vector<TensorType>(static_cast<size_t>(outputs), context.type(0));
  }
};

/// Gives an extent that only running tells.
struct Filter final : OpBase<Filter> {
  static constexpr std::string_view kName = "Filter";
  std::vector<TensorType> infer(const InferContext& context) const override {
    return {{DataType::F32, {context.unknown(0, 0, context.type(0).dims[0])}}};
  }
};

std::shared_ptr<Op> make_op(std::string_view name) {
  if (name == "Same") return std::make_shared<Same>();
  if (name == "Filter") return std::make_shared<Filter>();
  return nullptr;
}

std::string message_of(std::string_view text) {
  try {
    parse_graph(text, make_op);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(GraphText, PrintsWhatItParses) {
  const std::string text =
      R"(graph main(input: f32[N,3,floordiv(H + 1, 2)], "odd name": i64[]) {
  constant b: f32[3] = {1,2.5,-inf}
  constant "return": u64[1] = {18446744073709551615}
  constant e: f32[0] = {}
  y = Same(input, b, absent, "return") {axes=[1,-2], flag=true, mode="x\\\"\ny", names=["p","q"], outputs=1, scale=1e-05} : f32[N,3,floordiv(H + 1, 2)]
  z, z:1 = Same "node/z"(y, e) {axes=[], flag=false, mode="a", names=[], outputs=2, scale=2.0} : f32[N,3,floordiv(H + 1, 2)], f32[N,3,floordiv(H + 1, 2)]
  q = Same(z) {axes=[], flag=false, mode="", names=[], outputs=1, scale=inf} : f32[N,3,floordiv(H + 1, 2)] {
    graph then(x: i64[2] = {N,3}) {
      inner = Same(x) {axes=[], flag=false, mode="", names=[], outputs=1, scale=0.5} : i64[2]
      return inner
    }
    graph else() {
      constant c: i64[] = {7}
      return c
    }
  }
  f = Filter(input) : f32[?f.0.0]
  return q, z:1, y, f
}
)";
  const Graph graph = parse_graph(text, make_op);
  EXPECT_EQ(to_text(graph), text);
  EXPECT_EQ(to_text(parse_graph(to_text(graph), make_op)), text);
  const Node& node = *graph.producer(graph.outputs()[2]);
  EXPECT_EQ(node.inputs[2], kNone);
  EXPECT_EQ(graph.tensor(node.inputs[3]).constant->integer(0), -1);
  EXPECT_TRUE(std::isinf(graph.tensor(node.inputs[1]).constant->number(2)));
  EXPECT_EQ(graph.unknowns().at("?f.0.0"), Dim::symbol("N"));
}

TEST(GraphText, AttributesAndTypesMayBeLeftOut) {
  const Graph graph =
      parse_graph("graph g(x: f32[2]) { y = Same(x, f32[]{2}) {flag=true} z = Same(y) return z }", make_op);
  EXPECT_EQ(graph.node(0).op->attributes().at("flag"), FieldValue(true));
  EXPECT_EQ(graph.node(0).op->attributes().at("scale"), FieldValue(0.5));
  EXPECT_EQ(graph.tensor(graph.node(0).inputs[1]).constant->number(0), 2);
}

TEST(GraphText, WeightsBecomeModerateNumbersThatFollowFromTheHash) {
  const auto parse = [](std::string_view hash) {
    const Graph graph = parse_graph(
        fmt::format("graph g(x: f32[2]) {{ constant w: f32[64,16,3,3] = #{} y = Same(x, w) return y }}", hash),
        make_op);
    return graph.tensor(graph.node(0).inputs[1]).constant;
  };
  const ConstantPtr a = parse("0123"), same = parse("0123"), other = parse("0124");
  EXPECT_TRUE(std::ranges::equal(a->bytes(), same->bytes()));
  EXPECT_FALSE(std::ranges::equal(a->bytes(), other->bytes()));
  double squares = 0;
  for (int64_t i = 0; i < a->elements(); ++i) squares += a->number(i) * a->number(i);
  EXPECT_NEAR(std::sqrt(squares / static_cast<double>(a->elements())), 1.0 / 12, 0.005);
}

TEST(GraphText, ErrorsSayLineAndColumn) {
  using testing::HasSubstr;
  EXPECT_THAT(message_of("graph g(x: f32[2]) {\n  y = Nothing(x)\n  return y\n}"),
              HasSubstr("line 2, column 7: there is no operator 'Nothing'"));
  EXPECT_THAT(message_of("graph g(x: f32[2]) {\n  y = Same(z)\n"), HasSubstr("line 2, column 12: 'z' is not defined"));
  EXPECT_THAT(message_of("graph g(x: f33[2])"), HasSubstr("line 1, column 12: there is no data type 'f33'"));
  EXPECT_THAT(message_of("graph g(x: f32[2"), HasSubstr("the text ends where"));
  EXPECT_THAT(message_of("graph g(x: f32[2]) { x = Same(x) return x }"), HasSubstr("'x' is defined twice"));
  EXPECT_THAT(message_of("graph g(x: f32[2]) { y = Same(x) : f32[3] return y }"),
              HasSubstr("'y' is f32[2], not f32[3]"));
  EXPECT_THAT(message_of("graph g(x: f32[2]) { y = Same(x) {no=1} return y }"), HasSubstr("unknown attribute 'no'"));
  EXPECT_THAT(message_of("graph g() { constant c: i8[2] = {1,x} return c }"),
              HasSubstr("'x' is not a value of type i8"));
  EXPECT_THAT(message_of("graph g() { return } more"), HasSubstr("nothing more"));
}

TEST(GraphText, EveryPrefixGivesAnError) {
  const std::string text = to_text(parse_graph(
      "graph g(x: f32[N]) { y = Same(x, f32[2]{1,2}) {names=[\"a\"]} { graph b(z: f32[2]) { return z } } return y }",
      make_op));
  for (size_t length = 0; length + 2 < text.size(); ++length)
    EXPECT_THROW(parse_graph(std::string_view(text).substr(0, length), make_op), Error) << length;
}

TEST(GraphText, CasesAreOneNode) {
  const Graph graph = parse_case("Same(f32[2,N], i64[2]{4,-5}, absent, f16[3]) {outputs=2}", make_op);
  ASSERT_EQ(graph.inputs().size(), 2u);
  EXPECT_EQ(graph.tensor(graph.inputs()[1]).name, "x3");
  EXPECT_EQ(to_string(graph.tensor(graph.inputs()[1]).type), "f16[3]");
  EXPECT_EQ(graph.outputs().size(), 2u);
  EXPECT_EQ(graph.tensor(graph.node(0).inputs[1]).constant->integers(), (std::vector<int64_t>{4, -5}));
  EXPECT_THROW(parse_case("Same(f32[2]) return", make_op), Error);
}

}  // namespace
}  // namespace tn
