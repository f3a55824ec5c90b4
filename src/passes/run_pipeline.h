// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "passes/pass_runner.h"

namespace tn::passes {

/// Runs the whole pipeline. `quantize`, if given, is called once the network is simple, but still made of operators on
/// tensors under the names of the model.
PassReport run_pipeline(Graph& graph, const PassOptions& options = {},
                        const std::function<void(Graph&)>& quantize = nullptr);

}  // namespace tn::passes
