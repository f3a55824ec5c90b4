// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tuning/tactic.h"

namespace tn::cpu {

// One function per tactic.
#define TENON_TACTIC(name) const Tactic& name();
#define TENON_COMMON_TACTIC(name)
#include "backends/cpu/tactics/tactics.def"
#undef TENON_TACTIC
#undef TENON_COMMON_TACTIC

/// The CPU: its tactics in order of preference, ending with those that take everything, and its kernels. Listed in
/// tactics.def.
const Backend& backend();

}  // namespace tn::cpu
