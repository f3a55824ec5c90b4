// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tn {

/// Minimum s-t cut by Dinic's algorithm: the cheapest labelling of vertices with two labels where costs stand on single
/// vertices (edges from the source and to the sink) and on pairs.
class MinCut {
 public:
  /// Enough to be never cut; sums of it do not overflow.
  static constexpr int64_t kNever = int64_t{1} << 50;
  static constexpr int kSource = 0, kSink = 1;

  /// A vertex besides source and sink.
  int add_vertex();
  /// `capacity` is paid if `from` ends on the source's side and `to` on the sink's. Not negative.
  void add_edge(int from, int to, int64_t capacity);
  /// The cost of the cheapest cut. Called once.
  int64_t solve();
  /// After solve(). Among the cheapest cuts it is the one with the fewest vertices on the sink's side.
  bool on_sink_side(int vertex) const { return levels_[static_cast<size_t>(vertex)] >= 0; }

 private:
  struct Edge {
    int to;
    int64_t room;
  };
  bool find_levels();
  int64_t push(int vertex, int64_t most);

  std::vector<Edge> edges_;  ///< an edge and its reverse lie side by side
  std::vector<std::vector<int>> leaving_ = std::vector<std::vector<int>>(2);
  std::vector<int> levels_;   ///< edges on the way to the sink; -1: cannot reach it
  std::vector<size_t> next_;  ///< edges of a vertex that this phase has not used up
};

}  // namespace tn
