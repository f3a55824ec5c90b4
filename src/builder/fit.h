// SPDX-License-Identifier: Apache-2.0
// From a simple network to the regions that a backend has.
#pragma once

#include <string>

#include "passes/pass_runner.h"
#include "tuning/tactic.h"

namespace tn {

/// What runs as one becomes regions; Quantize and Dequantize that ranges permit move first, as those of a network do.
passes::PassReport fuse_network(Graph& graph, const passes::PassOptions& options, bool moves_quantization);

/// Regions lose from their end what no tactic takes; what is cut off or decomposed is gathered again. Returns what of
/// the network's quantization could not be fused.
std::string fit_to_backend(Graph& graph, const Backend& backend, const Target& target,
                           const passes::PassOptions& options);

}  // namespace tn
