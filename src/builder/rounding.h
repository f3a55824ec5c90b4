// SPDX-License-Identifier: Apache-2.0
// What of a network may compute with integers of 8 bits, and the network with more or less of it.
#pragma once

#include <set>
#include <string>

#include "ir/graph.h"
#include "quant/plan.h"

namespace tn {

/// Where a network's rounding comes from.
struct Rounding {
  quant::Plan plan;              ///< ranges that permit it, by tensor name
  std::string origin;            ///< of the ranges, in words: kept in the engine
  bool binding = false;          ///< the network has Quantize and Dequantize of its own: what is rounded stays rounded
  std::set<std::string> floats;  ///< products that are not to be rounded
  std::set<std::string> demanded;  ///< products that are rounded even where they are too small to gain

  bool none() const { return plan.empty() && !binding; }
};

/// What round() did.
struct Rounded {
  std::set<std::string> products;    ///< convolutions and matrix products with integer operands
  std::vector<std::string> missing;  ///< activations that products read and that have no range
};

/// Makes operands of products integers where the ranges permit it, but for the products in `floats`. In a network that
/// says itself what is rounded, those take their operands dequantized.
Rounded round_products(Graph& graph, const Rounding& rounding, const std::set<std::string>& floats);

/// Takes the pairs of Quantize and Dequantize with one scale for all out of the network, and returns what they say of
/// the tensors in front of them. Weights stay as they are.
quant::Plan take_ranges(Graph& graph);

/// Whether the network says itself what is rounded.
bool is_quantized(const Graph& graph);

}  // namespace tn
