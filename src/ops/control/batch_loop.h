// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/definition.h"

namespace tn::ops {

/// Computes a batch image by image. Inputs: `sliced` tensors whose first axis is the batch, captures. The body takes
/// one image of each sliced tensor, with a first extent of 1, and the captures, and gives one image of every output.
struct BatchLoop final : OpBase<BatchLoop, Structured> {
  static constexpr std::string_view kName = "BatchLoop";
  int64_t sliced = 1;
  template <typename V>
  void fields(V& v) {
    v("sliced", sliced);
  }
  BatchLoop() = default;
  explicit BatchLoop(int64_t sliced_inputs) : sliced(sliced_inputs) {}
  std::vector<TensorType> infer(const InferContext& context) const override;
  std::vector<BodyInput> body_inputs(const InferContext& context, size_t body) const override;
};

}  // namespace tn::ops
