// SPDX-License-Identifier: Apache-2.0
// Nodes taken out of a graph into the body of a region.
#pragma once

#include <string>
#include <vector>

#include "ir/graph.h"

namespace tn::passes {

/// Whether the constant goes into a body with the elementwise node that reads it: it has one element.
bool is_inside_constant(const Graph& graph, TensorId id);

/// The body of a region of some nodes, and what it reads.
struct Outlined {
  Graph body;
  std::vector<TensorId> inputs;
  std::string name;
};

/// `loads` are among the nodes of the body as well; they give it no name.
Outlined outline(const Graph& graph, const std::vector<NodeId>& loads, const std::vector<NodeId>& nodes,
                 TensorId result);

}  // namespace tn::passes
