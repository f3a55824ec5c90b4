// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/reference/reference.h"

namespace tn::ops {

/// An axis, or the data seen as one axis.
struct FlatOrAxisAttributes {
  bool flat = true;
  int64_t axis = 0;
  template <typename V>
  void fields(V& v) {
    v("flat", flat);
    v("axis", axis);
  }
};

struct UniqueAttributes {
  bool flat = true;
  int64_t axis = 0;
  bool sorted = true;  ///< else in the order of first appearance
  template <typename V>
  void fields(V& v) {
    v("flat", flat);
    v("axis", axis);
    v("sorted", sorted);
  }
};

struct NonMaxSuppressionAttributes {
  bool center_point_box = false;  ///< boxes are [x, y, width, height], else two corners [y, x, y, x]
  template <typename V>
  void fields(V& v) {
    v("center_point_box", center_point_box);
  }
};

}  // namespace tn::ops
