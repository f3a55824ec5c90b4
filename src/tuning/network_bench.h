// SPDX-License-Identifier: Apache-2.0
// Ways of regions against one another, in the network.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/plan_generated.h"
#include "tuning/graph_lowering.h"

namespace tn {

/// A network on a device, lowered with several ways for some of its nodes.
struct NetworkWays {
  plan::PlanT plan;  ///< with one profile
  WeightStore weights;
  std::vector<std::vector<GraphLowering::Steps>> ways;  ///< by node, as GraphLowering gives them
};

/// Runs such a network with one way for each node, at the optimal shapes and with random data. What is timed is its
/// longest part without the host between the steps.
class NetworkBench {
 public:
  /// Throws Error(OutOfMemory).
  NetworkBench(NetworkWays network, const Backend& backend, const Target& target);
  ~NetworkBench();
  /// The time with ways `other` relative to that with `current`, by numbers of ways for each node. They take turns.
  /// Infinity if the device refuses `other`; throws Error if it refuses `current`.
  double compare(std::span<const size_t> current, std::span<const size_t> other);

 private:
  class Runner;
  std::unique_ptr<Runner> runner_;
};

}  // namespace tn
