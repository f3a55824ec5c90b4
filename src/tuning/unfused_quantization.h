// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tuning/tactic.h"

namespace tn {

/// A line for each region whose operands are quantized and that no tactic takes as a whole, with the reasons.
std::string regions_not_quantized(const Graph& graph, const Backend& backend, const Target& target);

/// A line for each Quantize and Dequantize that is a layer of its own: who makes what it reads, and who reads it.
std::string lone_quantization(const Graph& graph);

/// Why no tactic computes the operator of this name, in a graph of regions, with integers.
std::string why_not_integers(const Graph& graph, const std::string& name, const Backend& backend, const Target& target);

}  // namespace tn
