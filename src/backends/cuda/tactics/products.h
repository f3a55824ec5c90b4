// SPDX-License-Identifier: Apache-2.0
// Convolutions and matrix products, in order of preference: of those that support a region the first is the fastest.
#pragma once

#include "tuning/tactic.h"

namespace tn::cuda {

const Tactic& conv_depthwise();
const Tactic& conv_mma();
const Tactic& conv_simt();
const Tactic& conv_transpose_simt();
const Tactic& matmul_mma();
const Tactic& matmul_simt();

}  // namespace tn::cuda
