// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/definition.h"
#include "ops/norm/reference/norm.h"

namespace tn::ops {

/// Keeps type and shape of X; scale and bias must broadcast to it.
struct NormOverTail : Referenced, NormAttributes {
  std::vector<TensorType> infer(const InferContext& context) const override;
  bool splits_batch(const InferContext& context, const Dim& batch) const override;
};

/// (x − mean) / sqrt(variance + epsilon) · scale + bias over the axes from `axis` on. Inputs: X, scale, optional bias.
struct LayerNormalization final : OpBase<LayerNormalization, NormOverTail> {
  static constexpr std::string_view kName = "LayerNormalization";
  using NormAttributes::fields;
};

/// x / sqrt(mean of squares + epsilon) · scale. Inputs: X, scale.
struct RmsNormalization final : OpBase<RmsNormalization, NormOverTail> {
  static constexpr std::string_view kName = "RMSNormalization";
  using NormAttributes::fields;
};

/// Inputs: X [N,C,D…], scale [C], bias [C]. InstanceNormalization is the case of one channel per group.
struct GroupNormalization final : OpBase<GroupNormalization, Referenced>, GroupNormAttributes {
  static constexpr std::string_view kName = "GroupNormalization";
  using GroupNormAttributes::fields;
  std::vector<TensorType> infer(const InferContext& context) const override;
  bool splits_batch(const InferContext& context, const Dim& batch) const override;
};

}  // namespace tn::ops
