// SPDX-License-Identifier: Apache-2.0
#include "tuning/memory_planner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace tn {
namespace {

constexpr uint64_t kAlignment = 64;

uint64_t aligned(uint64_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

std::vector<Lifetime> random_lifetimes(std::minstd_rand& random) {
  const auto below = [&](uint32_t limit) { return static_cast<int>(random() % limit); };
  const int steps = 1 + below(40);
  std::vector<Lifetime> lifetimes(static_cast<size_t>(below(60)));
  for (Lifetime& lifetime : lifetimes) {
    lifetime.first = below(static_cast<uint32_t>(steps));
    lifetime.last = std::min(steps - 1, lifetime.first + below(8));
    lifetime.bytes = below(6) == 0 ? 0 : static_cast<uint64_t>(below(5000));
  }
  return lifetimes;
}

bool meet_in_time(const Lifetime& a, const Lifetime& b) {
  return a.first <= b.last && b.first <= a.last;
}

TEST(MemoryPlanner, LiveTensorsNeverOverlap) {
  std::minstd_rand random(7);
  for (int round = 0; round < 500; ++round) {
    const auto lifetimes = random_lifetimes(random);
    const MemoryPlan plan = plan_memory(lifetimes);
    ASSERT_EQ(plan.offsets.size(), lifetimes.size());
    for (size_t i = 0; i < lifetimes.size(); ++i) {
      EXPECT_EQ(plan.offsets[i] % kAlignment, 0U);
      EXPECT_LE(plan.offsets[i] + lifetimes[i].bytes, plan.peak);
      for (size_t j = 0; j < i; ++j) {
        if (!meet_in_time(lifetimes[i], lifetimes[j]) || lifetimes[i].bytes == 0 || lifetimes[j].bytes == 0) continue;
        const bool apart = plan.offsets[i] + lifetimes[i].bytes <= plan.offsets[j] ||
                           plan.offsets[j] + lifetimes[j].bytes <= plan.offsets[i];
        ASSERT_TRUE(apart) << "round " << round << ": " << i << " and " << j;
      }
    }
  }
}

TEST(MemoryPlanner, TheBoundIsWhatIsAliveAtOneStep) {
  std::minstd_rand random(11);
  for (int round = 0; round < 500; ++round) {
    const auto lifetimes = random_lifetimes(random);
    const MemoryPlan plan = plan_memory(lifetimes);
    uint64_t most = 0, sum = 0;
    for (int step = 0; step < 40; ++step) {
      uint64_t alive = 0;
      for (const Lifetime& lifetime : lifetimes) {
        if (lifetime.first <= step && step <= lifetime.last) alive += aligned(lifetime.bytes);
      }
      most = std::max(most, alive);
    }
    for (const Lifetime& lifetime : lifetimes) sum += aligned(lifetime.bytes);
    EXPECT_EQ(plan.lower_bound, most);
    EXPECT_GE(plan.peak, most);
    EXPECT_LE(plan.peak, sum);
  }
}

TEST(MemoryPlanner, AChainNeedsTwoBuffers) {
  std::vector<Lifetime> chain;
  for (int i = 0; i < 20; ++i) chain.push_back({1000, i, i + 1});
  const MemoryPlan plan = plan_memory(chain);
  EXPECT_EQ(plan.peak, 2 * aligned(1000));
  EXPECT_EQ(plan.peak, plan.lower_bound);
}

}  // namespace
}  // namespace tn
