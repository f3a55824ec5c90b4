// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/conv/reference/conv_transpose.h"
#include "ops/definition.h"

namespace tn::ops {

/// The transpose of Conv: X[n,c,i] adds X · W[c,m,k] to Y[n,m,i·stride + k·dilation − pad].
struct ConvTranspose final : OpBase<ConvTranspose, Referenced>, ConvTransposeAttributes {
  static constexpr std::string_view kName = "ConvTranspose";
  using ConvTransposeAttributes::fields;
  ConvTranspose() = default;
  explicit ConvTranspose(ConvTransposeAttributes attributes) : ConvTransposeAttributes(std::move(attributes)) {}
  std::vector<TensorType> infer(const InferContext& context) const override;
  bool splits_batch(const InferContext& context, const Dim& batch) const override;
};

}  // namespace tn::ops
