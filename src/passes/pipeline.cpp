// SPDX-License-Identifier: Apache-2.0
#include "passes/pipeline.h"

namespace tn::passes {

std::span<const Pass> pipeline() {
  static const Pass kPasses[] = {
      // What is known becomes constant, what does nothing goes.
      dead_nodes,
      constant_folding,
      shape_values,
      identities,
      common_subexpressions,
      sink_reshapes,
      sink_transposes,
      // Primitives become what they were written for.
      recognize_norms,
      recognize_activations,
      recognize_attention,
      // Integers stay integers on the way between products.
      move_quantization,
      identities,
      // What is read in part is computed in part.
      hoist_slices,
      // Weights take what follows them.
      fold_pads,
      fold_scales,
      constant_folding,
      // What runs as one.
      join_products,
      fuse_anchors,
      fuse_pointwise,
  };
  return kPasses;
}

}  // namespace tn::passes
