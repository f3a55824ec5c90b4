// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/builder.h"
#include "builder/network_round.h"

namespace tn {

/// A network as one profile runs it on a device.
struct ComparedNetwork {
  const Graph& graph;
  const Target& target;
  const Backend& backend;
  const std::vector<std::string>& symbols;
  const OptimizationProfile& profile;
  const plan::PlanT& outline;  ///< without profiles
};

/// The second round of tuning on the device, after the first. Leaves alone what is no single list of steps with shapes
/// that are known before it runs, and what does not fit into the device's memory with all its ways. Returns what has
/// changed, for people.
std::string compare_in_network(const ComparedNetwork& network, Tuner& tuner, const NetworkRoundOptions& options);

}  // namespace tn
