// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/reference/reference.h"

namespace tn::ops {

/// A range of axes; negative ones count from the end, and both are clamped to the rank.
struct ShapeAttributes {
  int64_t start = 0, end = INT64_MAX;
  template <typename V>
  void fields(V& v) {
    v("start", start);
    v("end", end);
  }
  std::pair<int, int> range(int rank) const;
};

}  // namespace tn::ops
