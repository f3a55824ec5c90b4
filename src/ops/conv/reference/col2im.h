// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "ops/reference/reference.h"

namespace tn::ops {

struct Col2ImAttributes {
  std::vector<int64_t> block, strides, dilations;
  std::vector<int64_t> pads;  ///< begin of each spatial axis, then end of each
  template <typename V>
  void fields(V& v) {
    v("block", block);
    v("strides", strides);
    v("dilations", dilations);
    v("pads", pads);
  }
};

}  // namespace tn::ops
