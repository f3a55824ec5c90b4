// SPDX-License-Identifier: Apache-2.0
// Parameters of the kernels that work along rows or windows, as a plan stores them.
#pragma once

#include "base/fields.h"

namespace tn::cpu {

struct SoftmaxStep {
  int64_t axis = 0;
  bool log = false;
  template <typename V>
  void fields(V& v) {
    v("axis", axis);
    v("log", log);
  }
};

/// Operands: x dense, scale f32 or absent, bias f32 or absent. Normalizes over the axes from `axis` on.
struct NormStep {
  int64_t axis = 0;
  double epsilon = 0;
  bool rms = false;
  template <typename V>
  void fields(V& v) {
    v("axis", axis);
    v("epsilon", epsilon);
    v("rms", rms);
  }
};

struct ReduceStep {
  int64_t operation = 0;  ///< ReduceOp
  int64_t axes = 0;       ///< bit i: axis i is reduced
  bool keep_axes = true;
  template <typename V>
  void fields(V& v) {
    v("operation", operation);
    v("axes", axes);
    v("keep_axes", keep_axes);
  }
};

struct PoolStep {
  bool average = false, count_include_pad = false;
  std::vector<int64_t> kernel, stride, dilation, pads;  ///< pads: begins, then ends
  template <typename V>
  void fields(V& v) {
    v("average", average);
    v("count_include_pad", count_include_pad);
    v("kernel", kernel);
    v("stride", stride);
    v("dilation", dilation);
    v("pads", pads);
  }
};

struct ResizeStep {
  int64_t mode = 0, coordinates = 0, rounding = 0;  ///< ResizeMode, ResizeCoordinates, ResizeRounding
  double cubic_a = -0.75;
  bool exclude_outside = false;
  std::vector<double> scales;  ///< per spatial axis; empty: output over input extent
  template <typename V>
  void fields(V& v) {
    v("mode", mode);
    v("coordinates", coordinates);
    v("rounding", rounding);
    v("cubic_a", cubic_a);
    v("exclude_outside", exclude_outside);
    v("scales", scales);
  }
};

/// Operands: data, indices.
struct GatherStep {
  int64_t axis = 0;
  template <typename V>
  void fields(V& v) {
    v("axis", axis);
  }
};

/// Operands: Q, K, V of rank 4, mask (broadcasts to the scores) or absent.
struct AttentionStep {
  double scale = 1;
  bool causal = false, aligned = false;
  template <typename V>
  void fields(V& v) {
    v("scale", scale);
    v("causal", causal);
    v("aligned", aligned);
  }
};

}  // namespace tn::cpu
