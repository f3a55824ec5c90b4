// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "import/onnx/model.h"

namespace tn {

/// All operators, as importers need them.
import::OnnxOperators onnx_operators();

}  // namespace tn
