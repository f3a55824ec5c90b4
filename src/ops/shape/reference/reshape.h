// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/reference/reference.h"

namespace tn::ops {

struct ReshapeAttributes {
  bool allowzero = false;  ///< whether a 0 in the shape means an extent of 0; else it copies the extent of the data
  template <typename V>
  void fields(V& v) {
    v("allowzero", allowzero);
  }
};

/// Copies the elements of inputs[0] to outputs[0] in row-major order of both.
void copy_in_order(std::span<const TensorView> inputs, std::span<const TensorView> outputs);

}  // namespace tn::ops
