// SPDX-License-Identifier: Apache-2.0
// From optimization profiles to ranges of symbols.
#pragma once

#include "builder/builder.h"

namespace tn {

/// The given profiles, checked and completed with the fixed inputs; one profile if none was given and nothing is
/// dynamic. Throws Error(InvalidArgument) naming a dynamic input without bounds, an unknown name, bounds out of order
/// or at odds with a fixed extent.
std::vector<OptimizationProfile> complete_profiles(const Graph& graph,
                                                   const std::vector<OptimizationProfile>& profiles);

/// Symbols of the inputs, then those that only running tells.
std::vector<std::unique_ptr<plan::SymbolT>> symbols_of(const Graph& graph);

/// Ranges of all symbols under a completed profile. An input symbol that several inputs share has the intersection.
SymbolRanges symbol_ranges(const Graph& graph, const OptimizationProfile& profile);

/// Values of all symbols at the profile's opt shapes; what only running tells has its upper bound.
std::map<std::string, int64_t> opt_values(const Graph& graph, const OptimizationProfile& profile);

/// Symbols of the inputs' extents that have one value in all profiles.
std::map<std::string, int64_t> fixed_symbols(const Graph& graph, const std::vector<OptimizationProfile>& profiles);
/// Gives symbols of the inputs these values, everywhere.
void fix_symbols(Graph& graph, const std::map<std::string, int64_t>& values);

std::unique_ptr<plan::ShapeRangeT> range_of_input(const Tensor& tensor, const OptimizationProfile& profile);

}  // namespace tn
