// SPDX-License-Identifier: Apache-2.0
// Groups of nodes that backends may run as one: an anchor (convolution, matrix product) with the elementwise nodes
// behind it, or elementwise nodes alone. Every region has one output; no constant of more than one element is inside.
#pragma once

#include <functional>

#include "passes/pass.h"

namespace tn::passes {

/// Shortens the regions with an anchor that are not accepted, from the end, until they are (an anchor alone is a plain
/// node). What is cut off are plain nodes again, which fuse_pointwise may gather. Stops after `most` regions; returns
/// how many were shortened. The parts keep the region's precision.
int64_t trim_regions(Graph& graph, const std::function<bool(const Graph&, const Node&)>& accepts,
                     int64_t most = INT64_MAX, Precisions* precisions = nullptr);

}  // namespace tn::passes
