// SPDX-License-Identifier: Apache-2.0
// Tensors inside of a network that are to be stored as integers of 8 bits.
#pragma once

#include <vector>

#include "builder/builder.h"
#include "builder/rounding.h"

namespace tn {

/// Makes the tensors outputs, behind those that the graph has, so that passes leave them as they are. Returns how many
/// outputs it had; set_outputs() of these ends it.
size_t keep_results(Graph& graph, const Int8Results& results);

/// Rounds the tensors to s8 by their ranges, for all that read them: pairs of Quantize and Dequantize that bind. What
/// the network quantizes itself stays as it is. Returns the layers whose results have no range.
std::vector<UnmetPrecision> quantize_results(Graph& graph, const Int8Results& results, Rounding& rounding);

}  // namespace tn
