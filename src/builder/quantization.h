// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <set>
#include <string>

#include "builder/builder.h"
#include "quant/plan.h"
#include "tuning/tactic.h"

namespace tn {

/// Names of all tensors of a graph.
std::set<std::string, std::less<>> names_of_tensors(const Graph& graph);

/// Where the ranges of a build with int8 come from, in words: kept in the engine.
struct Ranges {
  quant::Plan plan;
  std::string origin;
};

/// The scales of a network's activations: from the cache or the samples that `config` names, else dummy ones, which
/// only show how fast the network would be. Writes the cache after calibrating. `known`: names of the network before it
/// was optimized. Throws Error.
Ranges find_ranges(const Graph& graph, const std::set<std::string, std::less<>>& known, const BuilderConfig& config,
                   const OptimizationProfile& profile, Logger& logger, const std::function<void()>& sample_done);

/// Rounds the operands of products in the graph by these ranges, but for those that are held to a type of floats, and
/// says in words where the ranges come from.
std::string quantize(Graph& graph, Ranges ranges, const Precisions& precisions, const Backend& backend, Logger& logger);

/// Whether the network says itself what is rounded.
bool is_quantized(const Graph& graph);

}  // namespace tn
