// SPDX-License-Identifier: Apache-2.0
#include "tuning/region_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "engine/engine_file.h"
#include "engine/plan_generated.h"
#include "ir/text.h"
#include "ops/entry.h"

namespace tn {
namespace {

/// Packs as many bytes as its configuration says, and takes two steps.
class TwoSteps final : public Tactic {
 public:
  std::string_view name() const override { return "two"; }
  Support supports(const Region&, const Target&) const override { return {}; }
  void lower(const Region&, const std::string& config, RegionLowering& lowering) const override {
    const std::vector<std::byte> packed(static_cast<size_t>(std::stoi(config)), static_cast<std::byte>(config[0]));
    const int weights = lowering.packed_weights("packed", packed, {{"w"}, config, {}});
    const int x = lowering.input(0);
    const int between = lowering.temporary("between", {DataType::F32, {5}});
    lowering.add_step("first", {}, {x, weights}, {between});
    lowering.add_step("second", {}, {between}, {lowering.output(0)});
  }
};

const TwoSteps kTactic;
const Tactic* const kTactics[] = {&kTactic};

class RegionPlans : public testing::Test {
 protected:
  const plan::ProfileT& profile() const { return *repeated_.plan.profiles[0]; }
  const plan::TensorT& weights_of(size_t step) const {
    return *profile().tensors[static_cast<size_t>(profile().lists[0]->steps[step]->inputs[1])];
  }
  void repeat(std::vector<size_t> ways, size_t copies) { repeated_ = repeat_ways(region_, ways, copies, memory_); }

  Graph graph_ = parse_graph("graph g(x: f32[N,4]) { y = Exp(x) return y }", ops::make_op_by_name);
  Backend backend_{"test", kTactics, nullptr};
  Target target_;
  Graph alone_ = specialize(*region_of(graph_, graph_.node(graph_.order()[0])), {{"N", 3}});
  std::vector<Choice> ways_ = {{&kTactic, "100"}, {&kTactic, "300"}, {&kTactic, "200"}};
  RegionPlan region_ = plan_region(alone_, backend_, target_, ways_);
  RepeatedPlan repeated_;
  HostBuffer memory_;
};

TEST_F(RegionPlans, EveryWayHasItsSteps) {
  EXPECT_THAT(region_.ends, testing::ElementsAre(2, 4, 6));
  EXPECT_EQ(region_.plan.profiles[0]->inputs[2]->opt, (std::vector<int64_t>{3, 4}));
}

TEST_F(RegionPlans, OnlyWhatSomeWaysReadCounts) {
  EXPECT_EQ(weight_bytes(region_, std::vector<size_t>{1}), 300u);
  EXPECT_EQ(weight_bytes(region_, std::vector<size_t>{0, 2}), 300u);
}

TEST_F(RegionPlans, EachTimeHasWeightsOfItsOwn) {
  repeat({0, 2}, 3);
  ASSERT_EQ(profile().lists[0]->steps.size(), 12u);
  std::set<uint64_t> positions;
  for (size_t step = 0; step < 12; step += 2) {
    const plan::TensorT& weights = weights_of(step);
    positions.insert(weights.position);
    const auto expected = std::byte{static_cast<unsigned char>(step < 6 ? '1' : '2')};
    EXPECT_EQ(memory_.data()[weights.position], expected) << step;
    EXPECT_EQ(memory_.data()[weights.position + weights.bytes - 1], expected) << step;
  }
  EXPECT_EQ(positions.size(), 6u);
  EXPECT_NO_THROW(EngineFile::from_plan(std::move(repeated_.plan), memory_.span()));
}

TEST_F(RegionPlans, RunsFollowTheSteps) {
  repeat({1, 2}, 2);
  std::vector<std::pair<size_t, size_t>> runs;
  for (const auto& run : repeated_.runs) runs.emplace_back(run.way, run.end);
  EXPECT_THAT(runs,
              testing::ElementsAre(testing::Pair(1, 2), testing::Pair(1, 4), testing::Pair(2, 6), testing::Pair(2, 8)));
}

}  // namespace
}  // namespace tn
