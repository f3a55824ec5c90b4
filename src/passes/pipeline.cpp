// SPDX-License-Identifier: Apache-2.0
#include "passes/pipeline.h"

namespace tn::passes {

std::span<const Pass> pipeline() {
  static const Pass kPasses[] = {
      dead_nodes, constant_folding, shape_values, identities, common_subexpressions,
  };
  return kPasses;
}

}  // namespace tn::passes
