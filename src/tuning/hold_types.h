// SPDX-License-Identifier: Apache-2.0
// Layers that are held to a narrow type, as the backend can have them.
#pragma once

#include <vector>

#include "ir/precisions.h"
#include "tuning/tactic.h"

namespace tn {

/// Makes the graph of fitted regions ready for assign_types(): where no kernel takes operands of the type that a node
/// is held to, conversions around the node round them to it and back, so that it computes in f32 on such numbers; what
/// a held node gives to the caller is converted behind it. Nodes that neither is possible for are released. Returns
/// their layers.
std::vector<UnmetPrecision> write_out_precisions(Graph& graph, const Backend& backend, const Target& target,
                                                 Precisions& precisions);

}  // namespace tn
