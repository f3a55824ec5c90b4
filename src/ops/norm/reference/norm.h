// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/reference/reference.h"

namespace tn::ops {

/// Normalization over the axes from `axis` on.
struct NormAttributes {
  int64_t axis = -1;
  double epsilon = 1e-5;
  template <typename V>
  void fields(V& v) {
    v("axis", axis);
    v("epsilon", epsilon);
  }
};

struct GroupNormAttributes {
  int64_t num_groups = 1;
  double epsilon = 1e-5;
  template <typename V>
  void fields(V& v) {
    v("num_groups", num_groups);
    v("epsilon", epsilon);
  }
};

struct LrnAttributes {
  int64_t size = 1;
  double alpha = 1e-4, beta = 0.75, bias = 1;
  template <typename V>
  void fields(V& v) {
    v("size", size);
    v("alpha", alpha);
    v("beta", beta);
    v("bias", bias);
  }
};

/// inputs: X, scale, optional bias; scale and bias broadcast to X. (x − mean) / sqrt(variance + epsilon) · scale +
/// bias.
void layer_norm(const NormAttributes& attributes, std::span<const TensorView> inputs,
                std::span<const TensorView> outputs);
/// inputs: X, scale. x / sqrt(mean of squares + epsilon) · scale.
void rms_norm(const NormAttributes& attributes, std::span<const TensorView> inputs,
              std::span<const TensorView> outputs);
/// inputs: X [N,C,D…], scale [C], bias [C]. Mean and variance are taken over C / num_groups channels and all of D….
void group_norm(const GroupNormAttributes& attributes, std::span<const TensorView> inputs,
                std::span<const TensorView> outputs);
/// X [N,C,D…] / (bias + alpha / size · Σ of squares over `size` channels around each)^beta.
void lrn(const LrnAttributes& attributes, std::span<const TensorView> inputs, std::span<const TensorView> outputs);

}  // namespace tn::ops
