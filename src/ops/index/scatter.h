// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/definition.h"
#include "ops/index/reference/scatter.h"

namespace tn::ops {

/// Inputs: data, indices, updates. A copy of the data with Y[i… with I[i…] in place of the index along axis] updated.
struct ScatterElements final : OpBase<ScatterElements, Referenced>, ScatterElementsAttributes {
  static constexpr std::string_view kName = "ScatterElements";
  using ScatterElementsAttributes::fields;
  std::vector<TensorType> infer(const InferContext& context) const override;
};

/// Inputs: data, indices, updates. A copy of the data with Y[I[i…, :]…, r…] updated by U[i…, r…].
struct ScatterND final : OpBase<ScatterND, Referenced>, ScatterNDAttributes {
  static constexpr std::string_view kName = "ScatterND";
  using ScatterNDAttributes::fields;
  std::vector<TensorType> infer(const InferContext& context) const override;
};

}  // namespace tn::ops
