// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tuning/tactic.h"

namespace tn::cpu {

/// The CPU: its tactics in order of preference, ending with those that take everything, and its kernels.
const Backend& backend();

// One function per tactic, each in its own source file.
const Tactic& conv_direct();
const Tactic& conv_depthwise();
const Tactic& conv_winograd();
const Tactic& interpreted();

}  // namespace tn::cpu
