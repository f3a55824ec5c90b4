// SPDX-License-Identifier: Apache-2.0
// How a layer normalization goes into what reads it.
#pragma once

#include <optional>
#include <vector>

#include "tuning/region.h"

namespace tn {

/// A normalization, the products of its rows, and elementwise readers: of the first product they get what normalizes a
/// row. All regions read its result once.
struct NormFold {
  NodeId norm;
  std::vector<NodeId> products, others;
  NodeId giver = kNone;  ///< what makes the rows, if it shall leave their moments to the products
};

/// The region of a node that is known to be one.
Region region_at(const Graph& graph, NodeId id);

/// How the node, if it is a normalization of rows, can be folded; without a giver.
std::optional<NormFold> find_norm_fold(const Graph& graph, NodeId id);
/// The product that makes what the normalization reads, if it can tell the moments of its rows; else kNone.
NodeId giver_of(const Graph& graph, NodeId norm);
/// Returns the regions that have changed.
std::vector<NodeId> apply_norm_fold(Graph& graph, const NormFold& fold);

}  // namespace tn
