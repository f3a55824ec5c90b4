// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "ir/graph.h"

namespace tn {

/// Where the summand for each channel of a product's results stands: an input of a node, absent where there is none
/// yet.
struct BiasPlace {
  NodeId node = kNone;
  size_t input = 0;
};

/// The third operand of a convolution, or what is added to a matrix product that nothing else reads. Nothing where that
/// is no constant in f32 with an element for each channel.
std::optional<BiasPlace> bias_place(const Graph& graph, NodeId product);

/// What stands there; null where there is none yet.
ConstantPtr bias_at(const Graph& graph, const BiasPlace& place);

}  // namespace tn
