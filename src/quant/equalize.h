// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/graph.h"

namespace tn::quant {

/// Cross-layer equalization: divides the channels between two convolutions by factors, and multiplies the weights that
/// read them, so that weights before and behind a channel are equally large; what the network computes stays the same.
/// Between the two there may be a ReLU. Returns how many convolutions were changed.
int equalize(Graph& graph);

}  // namespace tn::quant
