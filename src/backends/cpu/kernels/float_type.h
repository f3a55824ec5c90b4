// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "base/data_type.h"
#include "base/error.h"

namespace tn {

/// The position of F32, F16, BF16 in the kernels' tables; throws Error(Unsupported) for any other type.
inline size_t float_index(DataType type) {
  switch (type) {
    case DataType::F32:
      return 0;
    case DataType::F16:
      return 1;
    case DataType::BF16:
      return 2;
    default:
      throw Error(ErrorCode::Unsupported, "this kernel has no version for {}", name_of(type));
  }
}

}  // namespace tn
