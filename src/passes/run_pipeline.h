// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "passes/pass_runner.h"

namespace tn::passes {

/// The first part of the pipeline: the network is simple behind it, but still made of operators on tensors under the
/// names of the model. Passes of the other part may be disabled, too.
PassReport simplify(Graph& graph, const PassOptions& options);
/// The second: what runs as one becomes regions.
PassReport fuse(Graph& graph, const PassOptions& options);
/// Both.
PassReport run_pipeline(Graph& graph, const PassOptions& options = {});

}  // namespace tn::passes
