// SPDX-License-Identifier: Apache-2.0
#include "passes/pipeline.h"

namespace tn::passes {

// The runner removes dead nodes before and during every pass, so this one needs no rules.
extern const Pass dead_nodes = {"dead_nodes", {}};

}  // namespace tn::passes
