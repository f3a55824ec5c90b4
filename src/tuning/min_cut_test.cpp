// SPDX-License-Identifier: Apache-2.0
#include "tuning/min_cut.h"

#include <gtest/gtest.h>

#include <bit>
#include <limits>
#include <random>

namespace tn {
namespace {

struct Arc {
  int from, to;
  int64_t capacity;
};

// The cost of the cut whose sink side is the set bits of `side`.
int64_t cost_of(const std::vector<Arc>& arcs, unsigned side) {
  int64_t cost = 0;
  for (const Arc& arc : arcs) {
    if (((side >> arc.from) & 1u) == 0 && ((side >> arc.to) & 1u) == 1) cost += arc.capacity;
  }
  return cost;
}

TEST(MinCut, AgreesWithTryingAllCuts) {
  std::minstd_rand random(7);
  for (int round = 0; round < 300; ++round) {
    const int vertices = 3 + round % 7;
    MinCut cut;
    for (int v = 2; v < vertices; ++v) cut.add_vertex();
    std::vector<Arc> arcs;
    for (int i = 0; i < vertices * 3; ++i) {
      const Arc arc = {static_cast<int>(random() % static_cast<unsigned>(vertices)),
                       static_cast<int>(random() % static_cast<unsigned>(vertices)),
                       static_cast<int64_t>(random() % 8)};
      arcs.push_back(arc);
      cut.add_edge(arc.from, arc.to, arc.capacity);
    }
    int64_t best = std::numeric_limits<int64_t>::max();
    int fewest = vertices;
    for (unsigned side = 0; side < (1u << vertices); ++side) {
      if ((side & 1u) != 0 || (side & 2u) == 0) continue;
      const int64_t cost = cost_of(arcs, side);
      const int size = std::popcount(side);
      if (cost < best || (cost == best && size < fewest)) fewest = size;
      best = std::min(best, cost);
    }
    EXPECT_EQ(cut.solve(), best) << "round " << round;
    unsigned side = 0;
    for (int v = 0; v < vertices; ++v) side |= cut.on_sink_side(v) ? 1u << v : 0u;
    EXPECT_EQ(cost_of(arcs, side), best) << "round " << round;
    EXPECT_EQ(std::popcount(side), fewest) << "round " << round;
  }
}

TEST(MinCut, WhatMustStayTogetherDoes) {
  MinCut cut;
  const int a = cut.add_vertex(), b = cut.add_vertex();
  cut.add_edge(MinCut::kSource, a, 1);
  cut.add_edge(b, MinCut::kSink, 5);
  cut.add_edge(a, b, MinCut::kNever);
  cut.add_edge(b, a, MinCut::kNever);
  EXPECT_EQ(cut.solve(), 1);
  EXPECT_TRUE(cut.on_sink_side(a));
  EXPECT_TRUE(cut.on_sink_side(b));
}

}  // namespace
}  // namespace tn
