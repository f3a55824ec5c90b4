// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "builder/builder.h"
#include "tuning/graph_lowering.h"
#include "tuning/static_costs.h"
#include "tuning/tuner.h"

namespace tn {

/// The network as regions that the backend has, and as one profile runs it.
struct FittedProfile {
  const OptimizationProfile* profile;
  Target target;
  Graph graph;
  Precisions precisions;  ///< that its nodes are held to
  std::unique_ptr<Tuner> tuner;
  StaticCosts guessed;  ///< where nothing is timed
  std::string weighed;  ///< quantization, narrow types, normalizations, loops over the batch
};

/// Nodes, those of bodies included, but for those of regions.
int count_regions(const Graph& graph);

/// Puts the first part of the network into a loop over its batch where that is measured to be faster. `outline`: the
/// plan, without profiles.
void loop_over_batch(FittedProfile& fitted, const plan::PlanT& outline, const std::vector<std::string>& symbols);

/// The first round of tuning on a device: all texts are asked for before the first of them is measured.
void select_all(FittedProfile& fitted);

/// Adds the profile to the plan, with what its steps cannot do without: features of the processor, libraries. Regions
/// get what the tuner chooses, on a device what it has chosen.
const plan::ProfileT& lower(const FittedProfile& fitted, const Backend& backend,
                            const std::vector<std::string>& symbols, plan::PlanT& plan, WeightStore& weights);

}  // namespace tn
