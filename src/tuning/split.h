// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tuning/tactic.h"

namespace tn {

/// Replaces what no tactic runs as a whole: fused regions by their nodes, composite operators by the operators that
/// define them. Visits bodies of control flow. Returns how many were split.
int split_unsupported(Graph& graph, const Backend& backend, const Target& target);

}  // namespace tn
