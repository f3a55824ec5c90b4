// SPDX-License-Identifier: Apache-2.0
#include "tuning/memory_planner.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace tn {
namespace {

constexpr uint64_t kAlignment = 64;

uint64_t aligned(uint64_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

uint64_t peak_demand(const std::vector<Lifetime>& lifetimes) {
  std::map<int, int64_t> changes;
  for (const Lifetime& lifetime : lifetimes) {
    changes[lifetime.first] += static_cast<int64_t>(aligned(lifetime.bytes));
    changes[lifetime.last + 1] -= static_cast<int64_t>(aligned(lifetime.bytes));
  }
  int64_t live = 0, most = 0;
  for (const auto& [step, change] : changes) most = std::max(most, live += change);
  return static_cast<uint64_t>(most);
}

}  // namespace

MemoryPlan plan_memory(const std::vector<Lifetime>& lifetimes) {
  MemoryPlan plan;
  plan.offsets.resize(lifetimes.size());
  plan.lower_bound = peak_demand(lifetimes);
  std::vector<size_t> order(lifetimes.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return lifetimes[a].bytes > lifetimes[b].bytes; });
  std::vector<size_t> placed;  // sorted by offset
  for (const size_t index : order) {
    const Lifetime& lifetime = lifetimes[index];
    uint64_t at = 0;
    for (const size_t other : placed) {
      if (lifetimes[other].first > lifetime.last || lifetimes[other].last < lifetime.first) continue;
      if (at + aligned(lifetime.bytes) <= plan.offsets[other]) break;
      at = std::max(at, plan.offsets[other] + aligned(lifetimes[other].bytes));
    }
    plan.offsets[index] = at;
    plan.peak = std::max(plan.peak, at + aligned(lifetime.bytes));
    placed.insert(std::upper_bound(placed.begin(), placed.end(), index,
                                   [&](size_t a, size_t b) { return plan.offsets[a] < plan.offsets[b]; }),
                  index);
  }
  return plan;
}

}  // namespace tn
