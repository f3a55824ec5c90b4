// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/index/reference/gather.h"

namespace tn::ops {

struct OneHotAttributes {
  int64_t axis = -1;  ///< of the result
  template <typename V>
  void fields(V& v) {
    v("axis", axis);
  }
};

struct TopKAttributes {
  int64_t axis = -1;
  bool largest = true, sorted = true;  ///< results come sorted in any case
  template <typename V>
  void fields(V& v) {
    v("axis", axis);
    v("largest", largest);
    v("sorted", sorted);
  }
};

struct CumulateAttributes {
  bool exclusive = false, reverse = false;
  template <typename V>
  void fields(V& v) {
    v("exclusive", exclusive);
    v("reverse", reverse);
  }
};

struct TriluAttributes {
  bool upper = true;
  template <typename V>
  void fields(V& v) {
    v("upper", upper);
  }
};

struct EyeLikeAttributes {
  DataType dtype = DataType::F32;
  int64_t k = 0;  ///< the diagonal: above the main one if positive
  template <typename V>
  void fields(V& v) {
    v("dtype", dtype);
    v("k", k);
  }
};

struct ReverseSequenceAttributes {
  int64_t batch_axis = 1, time_axis = 0;
  template <typename V>
  void fields(V& v) {
    v("batch_axis", batch_axis);
    v("time_axis", time_axis);
  }
};

}  // namespace tn::ops
