// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "import/onnx/proto.h"

namespace tn::import {

/// Throws Error(InvalidModel) where a graph or one inside it makes a name twice, or has a name with control characters
/// in it, which would break the lines that we write about it.
void check_names(const onnx::GraphProto& graph);

}  // namespace tn::import
