// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tuning/tactic.h"

namespace tn::cuda {

// One function per tactic.
#define TENON_TACTIC(name) const Tactic& name();
#define TENON_COMMON_TACTIC(name)
#include "backends/cuda/tactics/tactics.def"
#undef TENON_TACTIC
#undef TENON_COMMON_TACTIC

/// CUDA devices: their tactics in order of preference, ending with those that take everything, and their kernels.
/// Listed in tactics.def.
const Backend& backend();

}  // namespace tn::cuda
