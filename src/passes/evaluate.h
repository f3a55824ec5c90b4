// SPDX-License-Identifier: Apache-2.0
// Operators run by their definitions, while building: for constant folding and as the measure of what backends do.
#pragma once

#include <span>
#include <vector>

#include "ir/graph.h"

namespace tn::passes {

/// Outputs of a node on known inputs (null: absent). Expressions are interpreted in double, references are called,
/// compositions and bodies are followed. Throws Error(Unsupported) where the definition needs more than inputs, and
/// Error(Internal) if an output's extents are not known from the inputs.
std::vector<ConstantPtr> evaluate(const Node& node, std::span<const ConstantPtr> inputs);

/// Outputs of a graph on known inputs, whose types may be more definite than the graph's.
std::vector<ConstantPtr> evaluate(const Graph& graph, std::span<const ConstantPtr> inputs);

}  // namespace tn::passes
