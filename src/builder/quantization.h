// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <set>
#include <string>

#include "builder/builder.h"
#include "builder/calibrate.h"
#include "builder/rounding.h"
#include "quant/plan.h"

namespace tn {

/// Names of all tensors of a graph.
std::set<std::string, std::less<>> names_of_tensors(const Graph& graph);

/// The scales of a network's activations: from the cache or the samples that `config` names, else dummy ones, which
/// only show how fast the network would be. calibrate() may write the cache and change the graph. `known`: names of the
/// network before it was optimized. Throws Error.
Ranges find_ranges(Graph& graph, const std::set<std::string, std::less<>>& known, const BuilderConfig& config,
                   const OptimizationProfile& profile, Logger& logger, const std::function<void()>& sample_done);

/// What of a network that is simple may be rounded: what it says itself, or, as `config` asks for, what this means as
/// ranges, which then leave the network; else, with int8 in `config`, what
/// find_ranges() says, spread over tensors that hold the same values.
Rounding find_rounding(Graph& graph, const std::set<std::string, std::less<>>& names, const BuilderConfig& config,
                       const OptimizationProfile& profile, Logger& logger, const std::function<void()>& sample_done);

/// Writes the ranges that a network with Q and DQ says to a cache, unless that exists.
void write_declared_ranges(const Graph& graph, const std::string& cache, Logger& logger);

}  // namespace tn
