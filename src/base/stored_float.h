// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/data_type.h"

namespace tn {

/// F32, F16 or BF16: what kernels of floats store their operands as; arithmetic is f32.
constexpr bool is_stored_float(DataType type) {
  return type == DataType::F32 || type == DataType::F16 || type == DataType::BF16;
}

}  // namespace tn
