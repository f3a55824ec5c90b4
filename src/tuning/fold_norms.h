// SPDX-License-Identifier: Apache-2.0
// Layer normalizations that become part of the products that read them.
#pragma once

#include <string>
#include <string_view>

#include "tuning/assign.h"

namespace tn {

/// Its name among the passes that a build can be told to leave out.
inline constexpr std::string_view kFoldNorms = "fold_norms";

/// Takes each LayerNormalization of `graph` (not of bodies) into the products of its rows and the elementwise regions
/// that read it (a residual), where nothing else does, the backend has a kernel for all of them, and they cost less so.
/// Wants a graph whose types are settled. Returns what was weighed, a line per normalization.
std::string fold_norms(Graph& graph, const Backend& backend, const Target& target, RegionCosts& costs);

}  // namespace tn
