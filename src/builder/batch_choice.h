// SPDX-License-Identifier: Apache-2.0
// How much of a network runs image by image.
#pragma once

#include <functional>
#include <optional>
#include <span>

#include "tuning/tuner.h"

namespace tn {

/// Microseconds of one run of each of the graphs.
using Race = std::function<std::vector<double>(std::span<const Graph>)>;

struct BatchChoice {
  std::optional<Graph> graph;  ///< with a loop over the batch, if that is faster
  std::string explanation;
};

/// Compares the network as it is with a few that begin with a loop over the batch, up to where the times of the regions
/// make it worthwhile. What was measured goes to the timing cache.
BatchChoice choose_batch_loop(const Graph& graph, Tuner& tuner, const std::map<std::string, int64_t>& opt, int threads,
                              const Race& race);

}  // namespace tn
