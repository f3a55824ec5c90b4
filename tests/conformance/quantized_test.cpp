// SPDX-License-Identifier: Apache-2.0
// Regions around a product of quantized operands, in every way that takes them, against their definition. Kernels fold
// scales into one factor, so that a result which lies near the middle between two steps may take the other one.
#include <gtest/gtest.h>

#include <cmath>

#include "conformance/quantized_forms.h"
#include "passes/evaluate.h"
#include "support/session.h"
#include "tuning/region.h"

namespace tn::test {
namespace {

constexpr double kShareOfOtherSteps = 0.003;

class Quantized : public testing::TestWithParam<QuantizedForm> {};

TEST_P(Quantized, MatchesTheDefinition) {
  const Graph graph = graph_of(GetParam());
  const std::map<std::string, Value> values = random_bytes(graph);
  std::vector<ConstantPtr> inputs;
  for (const TensorId id : graph.inputs()) {
    const Value& value = values.at(graph.tensor(id).name);
    inputs.push_back(std::make_shared<const Constant>(value.type, value.dims, value.bytes));
  }
  const ConstantPtr expected = passes::evaluate(graph, inputs)[0];

  const Node& node = graph.node(graph.order().back());
  const auto region = region_of(graph, node);
  ASSERT_TRUE(region && region->loads_quantized());
  int ways = 0;
  for (const Tactic* tactic : place_backend().tactics) {
    if (!tactic->takes_quantized() || !tactic->supports(*region, place_target())) continue;
    ++ways;
    set_place({.preferred_tactic = std::string(tactic->name())});
    const Value got = build_and_run(graph, values)[0];
    set_place({});
    ASSERT_EQ(got.type, expected->type());
    int64_t others = 0;
    for (int64_t i = 0; i < expected->elements(); ++i) {
      const double want = expected->number(i), have = load_double(got.view(), i);
      if (is_float(got.type)) {
        ASSERT_NEAR(have, want, 2e-5 * (1 + std::fabs(want))) << tactic->name() << " at " << i;
      } else {
        ASSERT_LE(std::fabs(have - want), 1) << tactic->name() << " at " << i;
        others += have != want ? 1 : 0;
      }
    }
    EXPECT_LE(static_cast<double>(others), kShareOfOtherSteps * static_cast<double>(expected->elements()) + 1)
        << tactic->name();
    RecordProperty(std::string(tactic->name()), fmt::format("{} of {} a step apart", others, expected->elements()));
  }
  EXPECT_GE(ways, 1) << "nothing computes it as bytes";
}

INSTANTIATE_TEST_SUITE_P(Regions, Quantized, testing::ValuesIn(quantized_forms()),
                         [](const auto& form) { return form.param.name; });

}  // namespace
}  // namespace tn::test
