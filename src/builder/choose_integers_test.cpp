// SPDX-License-Identifier: Apache-2.0
#include "builder/choose_integers.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/error.h"
#include "builder/build_target.h"
#include "builder/fit.h"
#include "builder/profiles.h"
#include "ir/text.h"
#include "ops/entry.h"

namespace tn {
namespace {

constexpr std::string_view kNetwork = R"(graph g(x: f32[1,16,12,12]) {
  constant w1: f32[16,16,3,3] = #01
  constant w2: f32[16,16,3,3] = #02
  a = Conv(x, w1) {strides=[1,1], dilations=[1,1], pads=[1,1,1,1]}
  b = Relu(a)
  c = Conv(b, w2) {strides=[1,1], dilations=[1,1], pads=[1,1,1,1]}
  d = Relu(c)
  e = Conv(d, b) {strides=[1,1], dilations=[1,1], pads=[0,0,0,0]}
  return e
})";

constexpr std::string_view kQuantized = R"(graph g(x: f32[1,16,12,12]) {
  constant w1: i8[16,16,3,3] = #01
  q = Quantize(x, f32[]{0.05}) {to="i8"}
  d = Dequantize(q, f32[]{0.05})
  w = Dequantize(w1, f32[]{0.01})
  a = Conv(d, w) {strides=[1,1], dilations=[1,1], pads=[1,1,1,1]}
  r = Quantize(a, f32[]{0.1}) {to="i8"}
  y = Dequantize(r, f32[]{0.1})
  return y
})";

class Costs final : public RegionCosts {
 public:
  Costs(double integers, double floats) : integers_(integers), floats_(floats) {}
  double microseconds(const Region& region) override {
    if (!region.anchor) return 1;
    return region.loads_quantized() ? integers_ : floats_;
  }

 private:
  double integers_, floats_;
};

class Messages final : public Logger {
 public:
  void write(Severity severity, std::string_view message) noexcept override {
    if (severity == Severity::Warning) warnings += std::string(message) + "\n";
  }
  std::string warnings;
};

class ChooseIntegers : public ::testing::Test {
 protected:
  void choose(std::string_view text, double integers, double floats) {
    const Graph graph = parse_graph(text, ops::make_op_by_name);
    if (!rounding.binding) {
      for (const char* name : {"x", "a", "b", "c", "d"})
        rounding.plan.emplace(name, quant::symmetric(4, quant::Source::User));
    }
    for (const auto& name : without_range) rounding.plan.erase(name);
    for (const NodeId id : graph.order()) {
      if (graph.node(id).name == held) precisions.hold(id, {DataType::F32, false, false, {held}});
    }
    const BuildTarget build(config);
    const Target target = build.target({});
    const FuseSteps steps = {[&](Graph& network, Precisions& kept) {
                               fuse_network(network, {{}, INT64_MAX, &kept, {}}, !rounding.binding);
                             },
                             [&](Graph& network, Precisions& kept) {
                               return fit_to_backend(network, build.backend(), target, {{}, INT64_MAX, &kept, {}});
                             },
                             [] {}};
    Costs costs(integers, floats);
    explanation.clear();
    const FusedNetwork chosen = choose_integers({graph, precisions, rounding, demands, build.backend(), target}, config,
                                                messages, times ? &costs : nullptr, steps, explanation);
    fitted = to_text(chosen.graph);
    integers_in.clear();
    for (const NodeId id : chosen.graph.order()) {
      const auto region = region_of(chosen.graph, chosen.graph.node(id));
      if (region->loads_quantized()) integers_in += chosen.graph.node(id).name + ";";
    }
  }

  BuilderConfig config;
  Rounding rounding;
  Int8Demands demands;
  Precisions precisions;
  std::string held;
  std::set<std::string> without_range;
  bool times = true;
  Messages messages;
  std::string explanation, fitted, integers_in;
};

TEST_F(ChooseIntegers, WhatIsFasterIsRounded) {
  choose(kNetwork, 5, 20);
  EXPECT_NE(integers_in.find("a + b"), std::string::npos) << fitted;
  EXPECT_NE(integers_in.find("c + d"), std::string::npos) << fitted;
  EXPECT_NE(explanation.find("2 of 2 products"), std::string::npos) << explanation;
  EXPECT_NE(explanation.find("e: no choice: its second operand is no constant"), std::string::npos) << explanation;
}

TEST_F(ChooseIntegers, WhereIntegersLosePairsVanish) {
  choose(kNetwork, 20, 5);
  EXPECT_EQ(fitted.find("Quantize"), std::string::npos) << fitted;
  EXPECT_NE(explanation.find("20.0 us in int8, 5.0 us in f32; f32"), std::string::npos) << explanation;
  choose(kNetwork, 5, 5);
  EXPECT_EQ(fitted.find("Quantize"), std::string::npos) << "not faster with its conversions";
}

TEST_F(ChooseIntegers, WithoutTimesAllAreRounded) {
  times = false;
  choose(kNetwork, 20, 5);
  EXPECT_NE(integers_in.find("a + b"), std::string::npos) << fitted;
  EXPECT_NE(integers_in.find("c + d"), std::string::npos) << fitted;
}

TEST_F(ChooseIntegers, DemandsAreMet) {
  config.precision_constraints = PrecisionConstraints::Obey;
  demands["c"] = {"second"};
  choose(kNetwork, 20, 5);
  EXPECT_EQ(integers_in.find("a + b"), std::string::npos) << fitted;
  EXPECT_NE(integers_in.find("c + d"), std::string::npos) << fitted;
  EXPECT_NE(explanation.find("int8, demanded"), std::string::npos) << explanation;
}

TEST_F(ChooseIntegers, ImpossibleDemandsAreNamedWithTheReason) {
  demands["e"] = {"third"};
  demands["c"] = {"second"};
  without_range = {"b"};
  config.precision_constraints = PrecisionConstraints::Prefer;
  choose(kNetwork, 5, 20);
  EXPECT_NE(messages.warnings.find("'second' (there is no range for 'b')"), std::string::npos) << messages.warnings;
  EXPECT_NE(messages.warnings.find("'third' (its second operand is no constant)"), std::string::npos);
  EXPECT_NE(integers_in.find("a + b"), std::string::npos) << "the others have the choice";
  config.precision_constraints = PrecisionConstraints::Obey;
  EXPECT_THROW(choose(kNetwork, 5, 20), Error);
}

TEST_F(ChooseIntegers, LayersHeldToFloatsStayInFloats) {
  held = "c";
  choose(kNetwork, 5, 20);
  EXPECT_NE(integers_in.find("a + b"), std::string::npos) << fitted;
  EXPECT_EQ(integers_in.find("c"), std::string::npos) << fitted;
}

TEST_F(ChooseIntegers, WhatTheNetworkRoundsStaysRoundedInWiderLayers) {
  rounding.binding = true;
  choose(kQuantized, 5, 20);
  EXPECT_NE(integers_in.find("a"), std::string::npos) << fitted;
  choose(kQuantized, 50, 20);
  EXPECT_EQ(integers_in, "") << fitted;
  EXPECT_NE(fitted.find("Quantize"), std::string::npos);
  held = "a";
  choose(kQuantized, 5, 20);
  EXPECT_EQ(integers_in, "") << fitted;
}

}  // namespace
}  // namespace tn
