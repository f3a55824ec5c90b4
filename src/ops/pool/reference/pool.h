// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "ops/reference/reference.h"

namespace tn::ops {

/// Windows of a pool over the spatial axes of [N,C,D…], with everything explicit.
struct PoolAttributes {
  std::vector<int64_t> kernel, strides, dilations;
  std::vector<int64_t> pads;  ///< begin of each spatial axis, then end of each
  bool ceil = false;  ///< round the number of windows up; the last must start inside the image or its begin padding
  template <typename V>
  void fields(V& v) {
    v("kernel", kernel);
    v("strides", strides);
    v("dilations", dilations);
    v("pads", pads);
    v("ceil", ceil);
  }
};

struct MaxPoolAttributes : PoolAttributes {
  bool indices = false;       ///< a second output: the flat position (int64) of every maximum in X
  bool column_major = false;  ///< of those positions within an image
  template <typename V>
  void fields(V& v) {
    PoolAttributes::fields(v);
    v("indices", indices);
    v("column_major", column_major);
  }
};

struct AveragePoolAttributes : PoolAttributes {
  bool count_include_pad = false;  ///< whether padding counts as zeros
  template <typename V>
  void fields(V& v) {
    PoolAttributes::fields(v);
    v("count_include_pad", count_include_pad);
  }
};

struct LpPoolAttributes : PoolAttributes {
  int64_t p = 2;
  template <typename V>
  void fields(V& v) {
    PoolAttributes::fields(v);
    v("p", p);
  }
};

/// Maximum over every window, padding left out.
void max_pool(const MaxPoolAttributes& attributes, std::span<const TensorView> inputs,
              std::span<const TensorView> outputs);
void average_pool(const AveragePoolAttributes& attributes, std::span<const TensorView> inputs,
                  std::span<const TensorView> outputs);
/// (Σ |x|^p)^(1/p) over every window.
void lp_pool(const LpPoolAttributes& attributes, std::span<const TensorView> inputs,
             std::span<const TensorView> outputs);

}  // namespace tn::ops
