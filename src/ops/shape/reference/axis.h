// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "ops/reference/reference.h"

namespace tn::ops {

struct TransposeAttributes {
  std::vector<int64_t> perm;  ///< axis i of the result is axis perm[i] of the data
  template <typename V>
  void fields(V& v) {
    v("perm", perm);
  }
};

struct ConcatAttributes {
  int64_t axis = 0;
  template <typename V>
  void fields(V& v) {
    v("axis", axis);
  }
};

struct SplitAttributes {
  int64_t axis = 0;
  int64_t outputs = 1;  ///< how many parts
  template <typename V>
  void fields(V& v) {
    v("axis", axis);
    v("outputs", outputs);
  }
};

}  // namespace tn::ops
