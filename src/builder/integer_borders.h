// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "builder/builder.h"
#include "builder/rounding.h"

namespace tn {

/// Makes the inputs and outputs in f32 int8 that `config` names: a Dequantize stands behind such an input and a
/// Quantize before such an output, with the scale of the tensor's range or, where the network says itself what is
/// rounded, of its own Quantize and Dequantize there. Returns the scales. Throws Error naming the tensor if there is
/// none.
std::map<std::string, float> quantize_borders(Graph& graph, const CalibrationConfig& config, Rounding& rounding);

}  // namespace tn
