// SPDX-License-Identifier: Apache-2.0
// Quantize and Dequantize as rules see them.
#pragma once

#include "passes/pass.h"

namespace tn::passes {

/// A Dequantize to f32 with constant parameters, one for all or one for each index along one axis: what a kernel does
/// as it loads.
bool is_load(const Graph& graph, const Node& node);
/// Whether scale and zero point of a Quantize or Dequantize are constants, one for all.
bool has_one_scale(const Graph& graph, const Node& node);
/// Operators whose results are elements of their first operand, the largest in a window, or padding: they do the same
/// with integers.
bool only_moves(const Node& node);

/// Whether the node is the load of constant weights for nothing but products whose other operand is quantized, too:
/// they stay integers. Only moves may stand between.
bool loads_weights(const Graph& graph, const Uses& uses, const Node& node);

}  // namespace tn::passes
