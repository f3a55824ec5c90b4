// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/builder.h"
#include "tuning/graph_lowering.h"

namespace tn {

/// Steps of each node, as GraphLowering gives them.
using NodeSteps = std::vector<std::vector<GraphLowering::Steps>>;

/// The plan of one profile, for the bindings of `outline`; its weights go into `weights`, and what nodes became into
/// `steps`. For a device the texts of all kernels are compiled side by side. Throws Error.
std::unique_ptr<plan::ProfileT> lower_profile(const Graph& graph, const plan::PlanT& outline, const Target& target,
                                              const std::vector<std::string>& symbols,
                                              const OptimizationProfile& profile, Selector& selector,
                                              WeightStore& weights, NodeSteps* steps = nullptr);

}  // namespace tn
