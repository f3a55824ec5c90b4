// SPDX-License-Identifier: Apache-2.0
#include "builder/batch_choice.h"

#include <gtest/gtest.h>

#include "backends/cpu/tactics/table.h"
#include "base/error.h"
#include "base/os/cpu.h"
#include "ir/text.h"
#include "ops/entry.h"

namespace tn {
namespace {

// Views, which take no time of their own, so that nothing but the race decides.
constexpr std::string_view kText = R"(graph g(x: f32[N,4,8]) {
  a = Transpose(x) {perm=[0,2,1]}
  b = Reshape(a, i64[2]{0,-1})
  return b
})";

class BatchChoices : public testing::Test {
 protected:
  BatchChoices() {
    target_.features = cpu_info().features;
    target_.ranges = {{"N", {1, 8}}};
  }
  BatchChoice choose(int64_t images, const Race& race) {
    const std::map<std::string, int64_t> opt = {{"N", images}};
    Tuner tuner(cpu::backend(), target_, opt, {}, cache_);
    return choose_batch_loop(graph_, tuner, opt, 1, race);
  }
  static bool has_loop(const Graph& graph) {
    const auto order = graph.order();
    return std::any_of(order.begin(), order.end(), [&](NodeId id) { return graph.node(id).op->name() == "BatchLoop"; });
  }

  Graph graph_ = parse_graph(kText, ops::make_op_by_name);
  Target target_;
  TimingCache cache_;
};

// Times by whether the graph has a loop.
Race times(double without, double with) {
  return [=](std::span<const Graph> graphs) {
    std::vector<double> result;
    for (const Graph& graph : graphs) {
      const auto order = graph.order();
      const bool loop =
          std::any_of(order.begin(), order.end(), [&](NodeId id) { return !graph.node(id).bodies.empty(); });
      result.push_back(loop ? with : without);
    }
    return result;
  };
}

std::vector<double> no_race(std::span<const Graph>) {
  throw Error(ErrorCode::Internal, "measured again");
}

TEST_F(BatchChoices, TheFasterOneStays) {
  const BatchChoice choice = choose(8, times(20, 10));
  ASSERT_TRUE(choice.graph) << choice.explanation;
  EXPECT_TRUE(has_loop(*choice.graph));
}

TEST_F(BatchChoices, AnEqualOneIsNotTaken) {
  const BatchChoice choice = choose(8, times(10, 10));
  EXPECT_FALSE(choice.graph) << choice.explanation;
}

TEST_F(BatchChoices, TheCacheDecidesTheSecondTime) {
  const BatchChoice first = choose(8, times(20, 10)), second = choose(8, no_race);
  EXPECT_EQ(first.explanation, second.explanation);
  EXPECT_TRUE(second.graph);
}

TEST_F(BatchChoices, OneImageNeedsNoLoop) {
  EXPECT_FALSE(choose(1, no_race).graph);
}

}  // namespace
}  // namespace tn
