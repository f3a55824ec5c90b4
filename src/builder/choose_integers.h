// SPDX-License-Identifier: Apache-2.0
// Which products run in int8: what is demanded, then what is measured.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "builder/builder.h"
#include "builder/rounding.h"
#include "tuning/assign.h"

namespace tn {

/// Layers that must run in int8, by the names of the nodes that they have become.
using Int8Demands = std::map<std::string, std::set<std::string>>;
/// Takes the layers that are held to int8 out of `precisions`: what is fused with them does not touch it.
Int8Demands take_int8_demands(const Graph& graph, Precisions& precisions);

/// A network that is simple, and what may be rounded in it.
struct RoundableNetwork {
  const Graph& graph;
  const Precisions& precisions;  ///< to floats
  const Rounding& rounding;
  const Int8Demands& demands;
  const Backend& backend;
  const Target& target;
};

/// A network as regions: as the passes leave it, and as the backend has them.
struct FusedNetwork {
  Graph graph;            ///< fitted
  Precisions precisions;  ///< of its nodes
  Graph fused;
  std::set<std::string> integers;  ///< products with rounded operands, by name
  std::string unfused;             ///< what of its quantization is no part of a region, and why
};

struct FuseSteps {
  std::function<void(Graph&, Precisions&)> fuse;
  std::function<std::string(Graph&, Precisions&)> fit;  ///< to the backend; returns FusedNetwork::unfused
  std::function<void()> node_done;
};

/// Rounds the products for which that is measured to be faster, types of floats in `config` considered; all that a
/// tactic takes where `costs` is null. Demanded ones are, and where they cannot be, the build fails or says so as
/// constrain() does. Appends to `explanation` what was weighed.
FusedNetwork choose_integers(const RoundableNetwork& network, const BuilderConfig& config, Logger& logger,
                             RegionCosts* costs, const FuseSteps& steps, std::string& explanation);

}  // namespace tn
