// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/reference/reference.h"

namespace tn::ops {

struct BitCastAttributes {
  DataType to = DataType::I32;
  template <typename V>
  void fields(V& v) {
    v("to", to);
  }
};

}  // namespace tn::ops
