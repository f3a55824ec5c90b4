// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <set>
#include <string>

#include "base/log.h"
#include "builder/builder.h"
#include "quant/plan.h"

namespace tn {

/// What calibrators, caches and the user say.
struct Ranges {
  quant::Plan plan;
  std::string origin;            ///< in words: kept in the engine
  std::set<std::string> floats;  ///< products that are not to be rounded
};

/// The ranges of a network's activations on the samples that `config` names. Writes the cache; then corrects weights
/// and biases of the network, and leaves products in floats for an accuracy budget, if that is asked for. Throws Error.
Ranges calibrate(Graph& graph, const BuilderConfig& config, const OptimizationProfile& profile, Logger& logger,
                 const std::function<void()>& sample_done);

}  // namespace tn
