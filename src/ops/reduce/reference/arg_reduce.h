// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/reference/reference.h"

namespace tn::ops {

struct ArgReduceAttributes {
  int64_t axis = 0;
  bool keepdims = true;
  bool select_last_index = false;  ///< which of several equal extremes
  template <typename V>
  void fields(V& v) {
    v("axis", axis);
    v("keepdims", keepdims);
    v("select_last_index", select_last_index);
  }
};

/// Index (int64) of the largest or smallest element along the axis. The first NaN counts as the extreme.
void arg_max(const ArgReduceAttributes& attributes, std::span<const TensorView> inputs,
             std::span<const TensorView> outputs);
void arg_min(const ArgReduceAttributes& attributes, std::span<const TensorView> inputs,
             std::span<const TensorView> outputs);

}  // namespace tn::ops
