// SPDX-License-Identifier: Apache-2.0
// Running the first part of a network image by image: what is between two images of a batch then stays in the caches.
#pragma once

#include <optional>
#include <vector>

#include "ir/graph.h"

namespace tn {

/// The nodes of a network that may run image by image, each after the producers of its inputs: any first few of them
/// may become a BatchLoop.
struct SplittableNodes {
  Dim batch;  ///< the first extent of the tensors that have images
  std::vector<NodeId> nodes;
};

/// Nothing if the inputs of the network have no batch in common.
std::optional<SplittableNodes> find_splittable(const Graph& graph);

/// The graph with the first `count` nodes in a BatchLoop.
Graph split_batch(const Graph& graph, const SplittableNodes& found, size_t count);

/// The body of the BatchLoop that split_batch added.
const Graph& image_graph(const Graph& split);

}  // namespace tn
