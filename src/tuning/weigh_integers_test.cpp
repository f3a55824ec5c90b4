// SPDX-License-Identifier: Apache-2.0
#include "tuning/weigh_integers.h"

#include <gtest/gtest.h>

#include "ir/text.h"
#include "ops/entry.h"

namespace tn {
namespace {

// Takes everything.
class AnyRegion final : public Tactic {
 public:
  std::string_view name() const override { return "any"; }
  bool takes_quantized() const override { return true; }
  Support supports(const Region&, const Target&) const override { return {}; }
  void lower(const Region&, const std::string&, RegionLowering&) const override {}
};

// Times by node name; of conversions by what they do.
class Table final : public RegionCosts {
 public:
  std::map<std::string, double, std::less<>> times;
  double conversion = 4;
  double microseconds(const Region& region) override {
    const std::string name = region.node->name + (region.output_type(0).type == DataType::F16 ? " (f16)" : "");
    if (const auto found = times.find(name); found != times.end()) return found->second;
    return region.operators() == "Quantize" || region.operators() == "Dequantize" ? conversion : 1000;
  }
};

constexpr std::string_view kAttributes = "{strides=[1,1], dilations=[1,1], pads=[0,0,0,0]}";

// A convolution on integers that gives integers, with more in its body.
std::string integer_convolution(std::string_view result, std::string_view name, std::string_view from) {
  return fmt::format(R"(
    {0} = Region({2}, w) {{ graph body(x: i8[1,8,4,4], w: i8[8,8,1,1]) {{
      d = Dequantize(x, f32[]{{0.5}})
      v = Dequantize(w, f32[]{{0.25}})
      {1} = Conv(d, v) {3}
      r = Quantize({1}, f32[]{{0.5}}) {{to="i8"}}
      return r
    }} }})",
                     result, name, from, kAttributes);
}

// x → a → b → c, quantized at x and behind each but the last, whose result is dequantized.
Graph chain_of_integers() {
  return parse_graph(fmt::format(R"(graph g(x: f32[1,8,4,4]) {{
    constant w: i8[8,8,1,1] = #01
    q = Quantize(x, f32[]{{0.5}}) {{to="i8"}} {} {} {}
    y = Dequantize(qc, f32[]{{0.5}})
    return y
  }})",
                                 integer_convolution("qa", "a", "q"), integer_convolution("qb", "b", "qa"),
                                 integer_convolution("qc", "c", "qb")),
                     ops::make_op_by_name);
}

Graph chain_of_floats() {
  return parse_graph(fmt::format(R"(graph g(x: f32[1,8,4,4]) {{
    constant w: f32[8,8,1,1] = #01
    a = Conv(x, w) {0}
    b = Conv(a, w) {0}
    c = Conv(b, w) {0}
    return c
  }})",
                                 kAttributes),
                     ops::make_op_by_name);
}

struct Weighed {
  std::set<std::string> products = {"a", "b", "c"}, demanded;
  std::vector<DataType> narrow;
  bool binding = false;
  Table table;

  IntegerChoice run(const Graph& integers = chain_of_integers(), const Graph& floats = chain_of_floats()) {
    static const AnyRegion kAny;
    const Tactic* const tactics[] = {&kAny};
    return weigh_integers({integers, floats}, {products, demanded, narrow, binding}, {"fake", tactics, nullptr},
                          Target{}, table);
  }
};

using Names = std::set<std::string>;

TEST(WeighIntegers, WhatIsFasterWithItsConversionsIsChosen) {
  Weighed weighed;
  weighed.table.times = {{"a", 10}, {"b", 10}, {"c", 10}, {"qa", 5}, {"qb", 5}, {"qc", 5}};
  const IntegerChoice choice = weighed.run();
  EXPECT_EQ(choice.floats(), Names{});
  EXPECT_DOUBLE_EQ(choice.all_floats, 30);
  EXPECT_DOUBLE_EQ(choice.all_integers, 15 + 4 + 4);
  EXPECT_DOUBLE_EQ(choice.cost, 15 + 4 + 1) << "the last may give floats by itself";
  weighed.table.conversion = 16;
  EXPECT_EQ(weighed.run().floats(), Names{"a"}) << "10 + 4 + 5 + 5 + 4 against 30";
  weighed.table.conversion = 24;
  EXPECT_EQ(weighed.run().floats(), (Names{"a", "b", "c"}));
}

TEST(WeighIntegers, AnIslandPaysForItsBorders) {
  Weighed weighed;
  weighed.table.times = {{"a", 10}, {"b", 10}, {"c", 10}, {"qa", 20}, {"qb", 3}, {"qc", 20}};
  // a stores integers as it goes (a quarter of a conversion), c needs floats: those of b's kernel (a quarter).
  const IntegerChoice choice = weighed.run();
  EXPECT_EQ(choice.floats(), (Names{"a", "c"}));
  EXPECT_DOUBLE_EQ(choice.cost, 10 + 1 + 3 + 1 + 10);
  weighed.table.conversion = 16;
  EXPECT_EQ(weighed.run().floats(), (Names{"a", "b", "c"}));
}

TEST(WeighIntegers, TiesGoToFloats) {
  Weighed weighed;
  weighed.table.conversion = 0;
  weighed.table.times = {{"a", 10}, {"b", 10}, {"c", 10}, {"qa", 10}, {"qb", 10}, {"qc", 10}};
  EXPECT_EQ(weighed.run().floats(), (Names{"a", "b", "c"}));
}

TEST(WeighIntegers, DemandedProductsStayWhateverTheyCost) {
  Weighed weighed;
  weighed.table.times = {{"a", 10}, {"b", 10}, {"c", 10}, {"qa", 500}, {"qb", 500}, {"qc", 500}};
  weighed.demanded = {"b"};
  const IntegerChoice choice = weighed.run();
  EXPECT_EQ(choice.floats(), (Names{"a", "c"}));
  EXPECT_NE(choice.explanation({"b"}).find("qb: 500.0 us in int8, 10.0 us in f32; int8, demanded"), std::string::npos)
      << choice.explanation({"b"});
}

TEST(WeighIntegers, ANarrowFloatMayBeFasterThanBoth) {
  Weighed weighed;
  weighed.table.conversion = 0;
  weighed.table.times = {{"a", 10}, {"b", 10}, {"c", 10}, {"qa", 5}, {"qb", 5}, {"qc", 5}};
  EXPECT_EQ(weighed.run().floats(), Names{});
  weighed.narrow = {DataType::F16};
  weighed.table.times.insert({{"a (f16)", 4}, {"b (f16)", 6}, {"c (f16)", 6}});
  const IntegerChoice choice = weighed.run();
  EXPECT_EQ(choice.floats(), Names{"a"});
  EXPECT_EQ(choice.lines[0].floats, DataType::F16);
}

TEST(WeighIntegers, WhatNothingComputesWithIntegersIsNamed) {
  Weighed weighed;
  weighed.table.times = {{"a", 10}, {"b", 10}, {"c", 10}, {"qa", 5}, {"qc", 5}};
  const Graph integers =
      parse_graph(fmt::format(R"(graph g(x: f32[1,8,4,4]) {{
    constant w: i8[8,8,1,1] = #01
    constant v: f32[8,8,1,1] = #02
    q = Quantize(x, f32[]{{0.5}}) {{to="i8"}} {}
    d = Dequantize(qa, f32[]{{0.5}})
    b = Conv(d, v) {}
    p = Quantize(b, f32[]{{0.5}}) {{to="i8"}} {}
    y = Dequantize(qc, f32[]{{0.5}})
    return y
  }})",
                              integer_convolution("qa", "a", "q"), kAttributes, integer_convolution("qc", "c", "p")),
                  ops::make_op_by_name);
  weighed.demanded = {"b"};
  const IntegerChoice choice = weighed.run(integers);
  EXPECT_TRUE(choice.floats().contains("b"));
  ASSERT_EQ(choice.lines.size(), 3U);
  EXPECT_TRUE(choice.lines[1].unsupported());
  EXPECT_NE(choice.explanation({}).find("b: no kernel in int8, 10.0 us in f32; f32"), std::string::npos);
}

TEST(WeighIntegers, WhatIsOneRegionInFloatsIsDecidedAtOnce) {
  Weighed weighed;
  weighed.products = {"a"};
  const Graph integers = parse_graph(fmt::format(R"(graph g(x: f32[1,8,4,4]) {{
    constant w: i8[8,8,1,1] = #01
    q = Quantize(x, f32[]{{0.5}}) {{to="i8"}} {}
    d = Dequantize(qa, f32[]{{0.5}})
    b = Sin(d)
    return b
  }})",
                                                 integer_convolution("qa", "a", "q")),
                                     ops::make_op_by_name);
  const Graph floats = parse_graph(fmt::format(R"(graph g(x: f32[1,8,4,4]) {{
    constant w: f32[8,8,1,1] = #01
    y = Region(x, w) {{ graph body(x: f32[1,8,4,4], w: f32[8,8,1,1]) {{
      a = Conv(x, w) {}
      b = Sin(a)
      return b
    }} }}
    return y
  }})",
                                               kAttributes),
                                   ops::make_op_by_name);
  weighed.table.times = {{"qa", 5}, {"b", 4}, {"y", 13}};
  EXPECT_EQ(weighed.run(integers, floats).floats(), Names{"a"}) << "4 + 5 + 1 + 4 are more than 13";
  weighed.table.times["y"] = 15;
  EXPECT_EQ(weighed.run(integers, floats).floats(), Names{});
}

TEST(WeighIntegers, WhatTheNetworkRoundsStaysRounded) {
  Weighed weighed;
  weighed.table.times = {{"a", 3}, {"b", 3}, {"c", 3}, {"qa", 5}, {"qb", 5}, {"qc", 5}};
  EXPECT_EQ(weighed.run().floats(), (Names{"a", "b", "c"}));
  weighed.binding = true;
  EXPECT_EQ(weighed.run().floats(), Names{}) << "each would dequantize its operand";
  weighed.table.times["qb"] = 10;
  EXPECT_EQ(weighed.run().floats(), Names{"b"});
}

}  // namespace
}  // namespace tn
