// SPDX-License-Identifier: Apache-2.0
// Nodes as quantization sees them.
#pragma once

#include "ir/graph.h"

namespace tn::ops {

bool is_convolution(const Node& node);
/// Convolutions and matrix products: kernels compute them with integers.
bool is_product(const Node& node);
/// Quantize or Dequantize.
bool is_quantization(const Node& node);

/// The Dequantize that makes the tensor; null if none does.
const Node* load_of(const Graph& graph, TensorId id);
/// The Dequantize that makes the tensor from constant integers; null if none does.
const Node* load_of_constant(const Graph& graph, TensorId id);

}  // namespace tn::ops
