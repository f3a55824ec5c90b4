// SPDX-License-Identifier: Apache-2.0
#include "tuning/min_cut.h"

#include <algorithm>

namespace tn {

int MinCut::add_vertex() {
  leaving_.emplace_back();
  return static_cast<int>(leaving_.size()) - 1;
}

void MinCut::add_edge(int from, int to, int64_t capacity) {
  leaving_[static_cast<size_t>(from)].push_back(static_cast<int>(edges_.size()));
  edges_.push_back({to, capacity});
  leaving_[static_cast<size_t>(to)].push_back(static_cast<int>(edges_.size()));
  edges_.push_back({from, 0});
}

// Searched backwards from the sink, so that in the end the levels tell the smallest sink side.
bool MinCut::find_levels() {
  levels_.assign(leaving_.size(), -1);
  levels_[kSink] = 0;
  std::vector<int> reached = {kSink};
  for (size_t i = 0; i < reached.size(); ++i) {
    const int vertex = reached[i];
    for (const int edge : leaving_[static_cast<size_t>(vertex)]) {
      const int from = edges_[static_cast<size_t>(edge)].to;
      if (edges_[static_cast<size_t>(edge ^ 1)].room == 0 || levels_[static_cast<size_t>(from)] >= 0) continue;
      levels_[static_cast<size_t>(from)] = levels_[static_cast<size_t>(vertex)] + 1;
      reached.push_back(from);
    }
  }
  return levels_[kSource] >= 0;
}

int64_t MinCut::push(int vertex, int64_t most) {
  if (vertex == kSink) return most;
  const auto& leaving = leaving_[static_cast<size_t>(vertex)];
  for (size_t& at = next_[static_cast<size_t>(vertex)]; at < leaving.size(); ++at) {
    Edge& edge = edges_[static_cast<size_t>(leaving[at])];
    if (edge.room == 0 || levels_[static_cast<size_t>(edge.to)] != levels_[static_cast<size_t>(vertex)] - 1) continue;
    const int64_t pushed = push(edge.to, std::min(most, edge.room));
    if (pushed == 0) continue;
    edge.room -= pushed;
    edges_[static_cast<size_t>(leaving[at] ^ 1)].room += pushed;
    return pushed;
  }
  return 0;
}

int64_t MinCut::solve() {
  int64_t total = 0;
  while (find_levels()) {
    next_.assign(leaving_.size(), 0);
    while (const int64_t pushed = push(kSource, INT64_MAX)) total += pushed;
  }
  return total;
}

}  // namespace tn
