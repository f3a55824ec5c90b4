// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/reference/reference.h"

namespace tn::ops {

struct RandomUniformAttributes {
  DataType dtype = DataType::F32;  ///< F32 or F64
  bool seeded = false;             ///< else every kernel that is made takes a seed of its own
  double seed = 0;
  int64_t stream = 0;  ///< tells nodes apart that have one seed
  template <typename V>
  void fields(V& v) {
    v("dtype", dtype);
    v("seeded", seeded);
    v("seed", seed);
    v("stream", stream);
  }
};

}  // namespace tn::ops
