// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/graph.h"
#include "quant/plan.h"

namespace tn::quant {

/// What the network itself rounds: the scales of the activations that it quantizes to 8 bits, each with one scale.
Plan declared_ranges(const Graph& graph);

}  // namespace tn::quant
