// SPDX-License-Identifier: Apache-2.0
// The second round of tuning: the best ways of each region against one another, in the network.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "tuning/tuner.h"

namespace tn {

/// The network's time with ways `other` relative to that with `current`; by numbers among rival_ways() for each node.
using CompareWays = std::function<double(std::span<const size_t> current, std::span<const size_t> other)>;

/// Ways of a region that may be the fastest in the network, the chosen one first: those whose own times are near its
/// own, and the best of those that call a library or, where it calls one, of those that do not. All take and give their
/// operands in the same order and memory. Fewer than two: nothing to compare. `ranked` is as Tuner::ranked gives it.
std::vector<Choice> rival_ways(const Region& region, std::span<const Tuner::Ranked> ranked);

struct NetworkRoundOptions {
  double seconds = 8;                 ///< behind the first comparison; nothing more is compared then
  std::function<void()> region_done;  ///< called after each distinct region; what it throws ends the build
};

/// Compares the network with and without all libraries, then puts the ways of one distinct region after another, the
/// most expensive first, to the test, and has the tuner select those with which the network is faster. All results of
/// comparisons, and where they ended, are in the timing cache. Returns what has changed.
std::string tune_in_network(const Graph& graph, Tuner& tuner, const NetworkRoundOptions& options,
                            const CompareWays& compare);

}  // namespace tn
