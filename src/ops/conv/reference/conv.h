// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "ops/reference/reference.h"

namespace tn::ops {

/// Attributes of Conv with everything explicit: the importer resolves auto_pad and defaults.
struct ConvAttributes {
  std::vector<int64_t> strides, dilations;
  std::vector<int64_t> pads;  ///< begin of each spatial axis, then end of each
  int64_t group = 1;
  template <typename V>
  void fields(V& v) {
    v("strides", strides);
    v("dilations", dilations);
    v("pads", pads);
    v("group", group);
  }
  /// Throws Error(InvalidArgument) unless they fit X and W.
  void check(const TensorView& x, const TensorView& w) const;
};

/// inputs: X [N,C,D…], W [M,C/group,K…], optional B [M]; output [N,M,O…]. 1 to 3 spatial axes.
void conv(const ConvAttributes& attributes, std::span<const TensorView> inputs, std::span<const TensorView> outputs);

}  // namespace tn::ops
