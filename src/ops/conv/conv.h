// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/conv/reference/conv.h"
#include "ops/definition.h"

namespace tn::ops {

/// Y[n,m,o] = B[m] + Σ over the channels c of m's group and taps k: X[n,c,o·stride − pad + k·dilation] · W[m,c,k].
struct Conv final : OpBase<Conv, Referenced>, ConvAttributes {
  static constexpr std::string_view kName = "Conv";
  using ConvAttributes::fields;
  Conv() = default;
  explicit Conv(ConvAttributes attributes) : ConvAttributes(std::move(attributes)) {}
  std::vector<TensorType> infer(const InferContext& context) const override;
  bool splits_batch(const InferContext& context, const Dim& batch) const override;
};

}  // namespace tn::ops
