// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tuning/tactic.h"

namespace tn::cuda {

/// CUDA devices: their tactics in order of preference, ending with those that take everything, and their kernels.
const Backend& backend();

// One function per tactic, each in its own source file or with its family.
const Tactic& attention();
const Tactic& average_pool();
const Tactic& bit_cast();
const Tactic& col2im();
const Tactic& conv_cudnn();
const Tactic& conv_depthwise();
const Tactic& conv_stem();
const Tactic& conv_mma();
const Tactic& conv_simt();
const Tactic& conv_transpose_simt();
const Tactic& cum_prod();
const Tactic& cum_sum();
const Tactic& elementwise();
const Tactic& eye_like();
const Tactic& gather();
const Tactic& gather_elements();
const Tactic& gather_nd();
const Tactic& grid_sample();
const Tactic& lp_pool();
const Tactic& lrn();
const Tactic& matmul_cublaslt();
const Tactic& matmul_mma();
const Tactic& matmul_simt();
const Tactic& max_pool();
const Tactic& max_roi_pool();
const Tactic& one_hot();
const Tactic& pad();
const Tactic& range();
const Tactic& recurrent();
const Tactic& resize();
const Tactic& reverse_sequence();
const Tactic& roi_align();
const Tactic& rows();
const Tactic& scatter_elements();
const Tactic& scatter_nd();
const Tactic& slice();
const Tactic& tile();
const Tactic& top_k();
const Tactic& trilu();

}  // namespace tn::cuda
