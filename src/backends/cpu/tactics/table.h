// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tuning/tactic.h"

namespace tn::cpu {

/// The CPU: its tactics in order of preference, ending with those that take everything, and its kernels.
const Backend& backend();

// One function per tactic, each in its own source file.
const Tactic& attention();
const Tactic& conv_direct();
const Tactic& conv_depthwise();
const Tactic& conv_depthwise_f16();
const Tactic& conv_winograd();
const Tactic& elementwise();
const Tactic& gather();
const Tactic& gemm();
const Tactic& interpreted();
const Tactic& matmul();
const Tactic& norm();
const Tactic& pool();
const Tactic& reduce();
const Tactic& resize();
const Tactic& softmax();

}  // namespace tn::cpu
