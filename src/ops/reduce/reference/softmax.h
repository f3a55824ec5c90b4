// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/reference/reference.h"

namespace tn::ops {

struct SoftmaxAttributes {
  int64_t axis = -1;
  template <typename V>
  void fields(V& v) {
    v("axis", axis);
  }
};

/// exp(x − m) / Σ exp(x − m) along the axis, with its maximum m.
void softmax(const SoftmaxAttributes& attributes, std::span<const TensorView> inputs,
             std::span<const TensorView> outputs);
/// x − m − log Σ exp(x − m).
void log_softmax(const SoftmaxAttributes& attributes, std::span<const TensorView> inputs,
                 std::span<const TensorView> outputs);
/// 1 at the first maximum, 0 elsewhere.
void hardmax(const SoftmaxAttributes& attributes, std::span<const TensorView> inputs,
             std::span<const TensorView> outputs);

}  // namespace tn::ops
