// SPDX-License-Identifier: Apache-2.0
#include "tuning/fold_norms.h"

#include <gtest/gtest.h>

#include "ir/text.h"
#include "ops/entry.h"

namespace tn {
namespace {

class AnyRegion final : public Tactic {
 public:
  explicit AnyRegion(bool normalizes) : normalizes_(normalizes) {}
  std::string_view name() const override { return "any"; }
  Support supports(const Region& region, const Target&) const override {
    const bool normalized = region.anchor && region.anchor->name() == "NormalizedMatMul";
    return normalizes_ || !normalized ? Support{} : Support::no("normalized rows");
  }
  bool gives_moments() const override { return true; }
  void lower(const Region&, const std::string&, RegionLowering&) const override {}

 private:
  bool normalizes_;
};

struct Times {
  double norm = 2, product = 5, folded = 6;
};

// Times by what the region begins with.
class Table final : public RegionCosts {
 public:
  explicit Table(const Times& times) : times_(times) {}
  double microseconds(const Region& region) override {
    const std::string name = region.operators();
    return name.starts_with("Norm") ? times_.folded : name.starts_with("Layer") ? times_.norm : times_.product;
  }

 private:
  Times times_;
};

struct Folded {
  Graph graph;
  std::string operators, weighed;
};

Folded fold(std::string_view text, const Times& times, bool supported = true) {
  Table table(times);
  const AnyRegion tactic(supported);
  const Tactic* const tactics[] = {&tactic};
  Folded result{parse_graph(text, ops::make_op_by_name), "", ""};
  result.weighed = fold_norms(result.graph, {"fake", tactics, nullptr}, Target{}, table);
  for (const NodeId id : result.graph.order())
    result.operators +=
        (result.operators.empty() ? "" : " ") + region_of(result.graph, result.graph.node(id))->operators();
  return result;
}

std::string network(std::string_view rest) {
  return fmt::format(R"(graph main(x: f16[2,4,8]) {{
  constant g: f16[8] = #0123456789abcdef0123456789abcdef
  constant h: f16[8] = #0123456789abcdef0123456789abcdef
  constant w: f16[8,6] = #0123456789abcdef0123456789abcdef
  constant v: f16[4,8] = #0123456789abcdef0123456789abcdef
  n = LayerNormalization(x, g, h) {{epsilon=0.25}}
  a = MatMul(n, w)
  b = MatMul(n, v) {{transpose_b=true}}
  {}
}})",
                     rest);
}

TEST(FoldNorms, ProductsTakeInWhatTheyReadWhereThatCostsLess) {
  const Folded folded = fold(network("return a, b"), {.norm = 2.5, .product = 5, .folded = 6});
  EXPECT_EQ(folded.operators, "NormalizedMatMul NormalizedMatMul");
  EXPECT_EQ(folded.weighed,
            "layer normalizations and what reads them:\nn: 2.5 us and 10.0 us of what reads it, 12.0 us within that; "
            "folded\n");
  const Node& second = folded.graph.node(folded.graph.order()[1]);
  const FieldMap attributes = second.op->attributes();
  EXPECT_EQ(std::get<double>(attributes.at("epsilon")), 0.25);
  EXPECT_TRUE(std::get<bool>(attributes.at("transpose_b")));
  const auto name = [&](size_t i) { return folded.graph.tensor(second.inputs[i]).name; };
  EXPECT_EQ(name(0) + name(1) + name(2) + name(3), "xvgh");
  EXPECT_EQ(fold(network("return a, b"), {.norm = 2, .product = 5, .folded = 6}).operators,
            "LayerNormalization MatMul MatMul");
}

TEST(FoldNorms, WhatElseReadsTheResultKeepsIt) {
  constexpr Times kCheap{.norm = 2, .product = 5, .folded = 5};
  const std::string_view plain = "LayerNormalization MatMul MatMul";
  EXPECT_EQ(fold(network("return a, b, n"), kCheap).operators, plain);
  EXPECT_EQ(fold(network("c = Relu(n) return a, b, c"), kCheap).operators, std::string(plain) + " Relu");
  EXPECT_EQ(fold(network("c = MatMul(x, n) {transpose_b=true} return a, b, c"), kCheap).operators,
            std::string(plain) + " MatMul");
}

TEST(FoldNorms, ABackendMayHaveNoKernelForIt) {
  const Folded folded = fold(network("return a, b"), {.folded = 0}, false);
  EXPECT_EQ(folded.operators, "LayerNormalization MatMul MatMul");
  EXPECT_EQ(folded.weighed, "");
}

TEST(FoldNorms, ARegionKeepsWhatStandsBehindItsProduct) {
  const Folded folded = fold(R"(graph main(x: f16[4,8], r: f16[4,6]) {
    constant g: f32[8] = #0123456789abcdef0123456789abcdef
    constant w: f32[8,6] = #0123456789abcdef0123456789abcdef
    n = Region(x, g) { graph body(y: f16[4,8], s: f32[8]) {
      c = Cast(y) {to="f32"}
      d = LayerNormalization(c, s)
      e = Cast(d) {to="f16"}
      return e
    } }
    a = Region(n, w, r) { graph body(y: f16[4,8], m: f32[8,6], q: f16[4,6]) {
      c = Cast(y) {to="f32"}
      d = MatMul(c, m)
      p = Cast(q) {to="f32"}
      e = Add(d, p)
      f = Cast(e) {to="f16"}
      return f
    } }
    return a
  })",
                             {.norm = 2, .product = 5, .folded = 6});
  EXPECT_EQ(folded.operators, "NormalizedMatMul+Add");
  const auto region = region_of(folded.graph, folded.graph.node(folded.graph.order()[0]));
  EXPECT_EQ(region->anchor_inputs, (std::vector<int>{0, 1, 3}));
  EXPECT_EQ(region->input(3).name, "g");
}

// A normalization whose result is added to what comes out behind the product, in f16.
std::string with_residual(std::string_view rest) {
  return fmt::format(R"(graph main(x: f16[4,8]) {{
    constant g: f32[8] = #0123456789abcdef0123456789abcdef
    constant h: f32[8] = #0123456789abcdef0123456789abcdef
    constant w: f32[8,8] = #0123456789abcdef0123456789abcdef
    n = Region(x, g, h) {{ graph body(y: f16[4,8], s: f32[8], t: f32[8]) {{
      c = Cast(y) {{to="f32"}}
      d = LayerNormalization(c, s, t)
      e = Cast(d) {{to="f16"}}
      return e
    }} }}
    a = Region(n, w) {{ graph body(y: f16[4,8], m: f32[8,8]) {{
      c = Cast(y) {{to="f32"}}
      d = MatMul(c, m)
      e = Cast(d) {{to="f16"}}
      return e
    }} }}
    b = Region(a, w, n) {{ graph body(y: f16[4,8], m: f32[8,8], r: f16[4,8]) {{
      c = Cast(y) {{to="f32"}}
      d = MatMul(c, m)
      p = Cast(r) {{to="f32"}}
      e = Add(d, p)
      f = Cast(e) {{to="f16"}}
      return f
    }} }}
    {}
  }})",
                     rest);
}

TEST(FoldNorms, AResidualIsNormalizedWhereItIsAdded) {
  const Folded folded = fold(with_residual("return b"), {.norm = 2, .product = 5, .folded = 5});
  EXPECT_EQ(folded.operators, "NormalizedMatMul MatMul+Mul+Add+Mul+Add+Add");
  const auto order = folded.graph.order();
  const auto product = region_of(folded.graph, folded.graph.node(order[0])),
             sum = region_of(folded.graph, folded.graph.node(order[1]));
  EXPECT_TRUE(product->expressions.empty());
  EXPECT_EQ(product->outputs(), 3);
  EXPECT_EQ(to_string(product->output_type(1)), "f32[4,1]");
  EXPECT_EQ(sum->expressions.size(), 1u);
  EXPECT_EQ(sum->expression_inputs.size(), 5u);
  EXPECT_EQ(sum->input(2).name, "x");
  EXPECT_EQ(sum->input(3).producer, order[0]);
}

// A product and a residual, whose sum of so many columns is normalized for another product, in f16.
std::string behind_product(int columns, std::string_view rest = "return b") {
  return fmt::format(R"(graph main(x: f16[4,8], q: f16[4,{0}]) {{
    constant g: f32[{0}] = #0123456789abcdef0123456789abcdef
    constant u: f32[8,{0}] = #0123456789abcdef0123456789abcdef
    constant w: f32[{0},6] = #0123456789abcdef0123456789abcdef
    a = Region(x, u, q) {{ graph body(y: f16[4,8], m: f32[8,{0}], r: f16[4,{0}]) {{
      c = Cast(y) {{to="f32"}}
      d = MatMul(c, m)
      p = Cast(r) {{to="f32"}}
      e = Add(d, p)
      f = Cast(e) {{to="f16"}}
      return f
    }} }}
    n = Region(a, g) {{ graph body(y: f16[4,{0}], s: f32[{0}]) {{
      c = Cast(y) {{to="f32"}}
      d = LayerNormalization(c, s)
      e = Cast(d) {{to="f16"}}
      return e
    }} }}
    b = Region(n, w) {{ graph body(y: f16[4,{0}], m: f32[{0},6]) {{
      c = Cast(y) {{to="f32"}}
      d = MatMul(c, m)
      e = Cast(d) {{to="f16"}}
      return e
    }} }}
    {1}
  }})",
                     columns, rest);
}

TEST(FoldNorms, WhatMakesTheRowsLeavesTheirMoments) {
  const Folded folded = fold(behind_product(32), {.norm = 2, .product = 5, .folded = 5});
  EXPECT_EQ(folded.operators, "MatMul+Add+RowMoments NormalizedMatMul");
  const auto order = folded.graph.order();
  const auto giver = region_of(folded.graph, folded.graph.node(order[0])),
             reader = region_of(folded.graph, folded.graph.node(order[1]));
  EXPECT_EQ(giver->moments, 16);
  EXPECT_EQ(giver->expressions.size(), 1u);
  EXPECT_EQ(to_string(giver->output_type(1)), "f32[4,2,2]");
  EXPECT_EQ(reader->anchor_inputs.size(), 5u);
  EXPECT_EQ(reader->anchor_inputs[3], -1) << "there is no bias";
  EXPECT_EQ(reader->node->inputs[static_cast<size_t>(reader->anchor_inputs[4])], giver->node->outputs[1]);
  EXPECT_EQ(folded.graph.tensor(folded.graph.outputs()[0]).name, "b");
}

TEST(FoldNorms, MomentsWantGroupsAndRowsThatNobodyElseIsShown) {
  constexpr Times kCheap{.norm = 2, .product = 5, .folded = 5};
  EXPECT_EQ(fold(behind_product(40), kCheap).operators, "MatMul+Add NormalizedMatMul");
  EXPECT_EQ(fold(behind_product(32, "return a, b"), kCheap).operators, "MatMul+Add NormalizedMatMul");
}

TEST(FoldNorms, AReaderThatIsNotElementwiseKeepsTheResult) {
  EXPECT_EQ(fold(with_residual("c = Softmax(n) return b, c"), {.norm = 2, .product = 5, .folded = 5}).operators,
            "LayerNormalization MatMul MatMul+Add Softmax");
}

}  // namespace
}  // namespace tn
