// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/conv/reference/conv.h"

namespace tn::ops {

/// Pads crop the output; output_padding extends it at the ends.
struct ConvTransposeAttributes : ConvAttributes {
  std::vector<int64_t> output_padding;
  template <typename V>
  void fields(V& v) {
    ConvAttributes::fields(v);
    v("output_padding", output_padding);
  }
};

/// inputs: X [N,C,D…], W [C,M/group,K…], optional B [M]; output [N,M,O…].
void conv_transpose(const ConvTransposeAttributes& attributes, std::span<const TensorView> inputs,
                    std::span<const TensorView> outputs);

}  // namespace tn::ops
