// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "ir/graph.h"
#include "quant/bound.h"
#include "quant/plan.h"

namespace tn::quant {

/// A tensor whose range no one knew.
struct Bounded {
  std::string tensor;
  Bound bound;
};

/// Gives tensors without a scale that of tensors whose values they hold, and tensors that share memory one scale:
/// what an operator only moves has the largest scale of all that it moves, the parts of a concatenation too. What
/// sigmoids and softmaxes give has a fixed one. Scales that the user set stay as they are. What then is still without a
/// scale and computed from what has one gets its bound; returns these.
std::vector<Bounded> spread(const Graph& graph, Plan& plan);

}  // namespace tn::quant
