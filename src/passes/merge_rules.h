// SPDX-License-Identifier: Apache-2.0
// Rules of the pass `identities` that others need as well.
#pragma once

#include "passes/match.h"
#include "passes/pass.h"

namespace tn::passes {

/// The axes of a Transpose, none negative, none left out.
std::vector<int64_t> permutation_of(const Graph& graph, const Node& transpose);
bool is_identity(const std::vector<int64_t>& permutation);

/// Two transposes in a row become one, or none.
std::optional<Patch> merge_transposes(Graph& graph, const Uses& uses, NodeId id);
/// A chain of reshapes is its last one, where that does not look at what it reshapes.
std::optional<Patch> merge_reshapes(Graph& graph, const Uses& uses, NodeId id);

}  // namespace tn::passes
