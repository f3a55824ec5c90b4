// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/graph.h"
#include "quant/plan.h"

namespace tn::quant {

/// Gives tensors without a scale that of tensors whose values they hold, and tensors that share memory one scale:
/// what an operator only moves has the largest scale of all that it moves, the parts of a concatenation too. What
/// sigmoids and softmaxes give has a fixed one. Scales that the user set stay as they are.
void spread(const Graph& graph, Plan& plan);

}  // namespace tn::quant
