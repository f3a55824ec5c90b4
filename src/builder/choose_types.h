// SPDX-License-Identifier: Apache-2.0
// Which layers run in narrow types: what they are held to, then what is measured.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "builder/builder.h"
#include "tuning/assign.h"

namespace tn {

/// Types that layers may have beside f32 by their own choice. Where nothing is measured, a processor stays with f32;
/// devices are faster in narrow types by themselves.
std::vector<DataType> narrow_types(const BuilderConfig& config);
/// These, and those that layers are held to.
std::vector<DataType> types_to_weigh(const BuilderConfig& config, const Precisions& precisions);

/// Throws Error(Unsupported) naming layers whose precisions are not met where they must be obeyed; else warns of them.
void tell_unmet(const std::vector<UnmetPrecision>& unmet, const BuilderConfig& config, Logger& logger);

/// What the constraints leave of the precisions that were asked for: none, with a warning, where they do not count.
/// Throws Error(Unsupported) naming all layers for which they mean nothing where they must be obeyed; else those are
/// left out with a warning.
Precisions constrain(const Graph& graph, const BuilderConfig& config, Logger& logger);

/// A network of fitted regions, and what its layers are held to.
struct TypedNetwork {
  Graph& graph;
  Precisions& precisions;
  const Backend& backend;
  const Target& target;
};
/// Stores tensors in narrower types where layers are held to them, then where that is measured to be faster: in the
/// type that saves more. Returns what was weighed, and a line for each layer: its precision, and why. Throws as
/// constrain() does.
std::string choose_types(const TypedNetwork& network, const BuilderConfig& config, Logger& logger, RegionCosts& costs,
                         const std::function<void()>& node_done);

}  // namespace tn
