// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "ir/graph.h"
#include "quant/plan.h"

namespace tn::quant {

/// A range that follows from those of operands.
struct Bound {
  QParams params;
  std::string reason;  ///< in words
};

/// What the first result of a node is at most, its operands being within their ranges: of sums, products of elements,
/// maxima, means, and functions of one operand. Nothing for other operators, whose bounds would be far from what they
/// compute, and where an operand has no range.
std::optional<Bound> bound_of(const Graph& graph, const Node& node, const Plan& plan);

}  // namespace tn::quant
