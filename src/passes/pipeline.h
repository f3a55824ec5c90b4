// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "passes/pass_runner.h"

namespace tn::passes {

// One file each.
extern const Pass constant_folding, dead_nodes, common_subexpressions, shape_values, identities, sink_reshapes,
    sink_transposes, hoist_slices, fold_scales, fold_pads, join_products, recognize_activations, recognize_norms,
    recognize_attention, fuse_anchors, fuse_pointwise, move_quantization;

/// Removes pairs of implicit Quantize and Dequantize that no region took: for networks that are fitted to a backend.
extern const Pass drop_permissions;

/// All passes in the order in which they run.
std::span<const Pass> pipeline();

}  // namespace tn::passes
