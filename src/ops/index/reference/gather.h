// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/reference/reference.h"

namespace tn::ops {

struct AxisAttributes {
  int64_t axis = 0;
  template <typename V>
  void fields(V& v) {
    v("axis", axis);
  }
};

struct GatherNDAttributes {
  int64_t batch_dims = 0;
  template <typename V>
  void fields(V& v) {
    v("batch_dims", batch_dims);
  }
};

/// An index that may count from the end, as one in [0, extent). Throws Error(InvalidArgument) outside of it.
int64_t checked_index(const TensorView& indices, int64_t offset, int64_t extent);

}  // namespace tn::ops
