// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/reference/reference.h"

namespace tn::ops {

struct MelWeightsAttributes {
  DataType dtype = DataType::F32;
  template <typename V>
  void fields(V& v) {
    v("dtype", dtype);
  }
};

}  // namespace tn::ops
