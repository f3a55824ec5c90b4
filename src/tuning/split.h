// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/precisions.h"
#include "tuning/tactic.h"

namespace tn {

/// Replaces what no tactic runs as a whole: fused regions by their nodes, composite operators by the operators that
/// define them. Visits bodies of control flow. Returns how many were split. The parts keep the whole's precision.
int split_unsupported(Graph& graph, const Backend& backend, const Target& target, Precisions* precisions = nullptr);

}  // namespace tn
