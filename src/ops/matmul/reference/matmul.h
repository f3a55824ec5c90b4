// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/reference/reference.h"

namespace tn::ops {

struct MatMulAttributes {
  bool transpose_a = false, transpose_b = false;  ///< of the last two axes
  template <typename V>
  void fields(V& v) {
    v("transpose_a", transpose_a);
    v("transpose_b", transpose_b);
  }
};

/// inputs: A […,M,K] and B […,K,N], each of rank ≥ 2, batch axes broadcast; output […,M,N] of their type.
void matmul(const MatMulAttributes& attributes, std::span<const TensorView> inputs,
            std::span<const TensorView> outputs);

}  // namespace tn::ops
