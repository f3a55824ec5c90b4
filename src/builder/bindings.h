// SPDX-License-Identifier: Apache-2.0
// Inputs and outputs as a plan says them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "builder/builder.h"
#include "engine/plan_generated.h"

namespace tn {

/// Types of inputs and outputs in the network as it came: what is dynamic there is so for the engine's user, too.
struct OpenTypes {
  explicit OpenTypes(const Graph& graph);
  std::vector<TensorType> inputs, outputs;
};

/// Inputs, then outputs, in the formats of `config`. `scales`: of those that are int8 for the caller alone, by name.
/// Throws Error(InvalidArgument) naming a tensor that cannot have its format.
std::vector<std::unique_ptr<plan::BindingT>> bindings_of(const Graph& graph, const OpenTypes& open,
                                                         const BuilderConfig& config,
                                                         const std::map<std::string, float>& scales);

}  // namespace tn
