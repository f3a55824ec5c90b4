// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/definition.h"
#include "ops/pool/reference/pool.h"

namespace tn::ops {

/// Output extents of a pool; checks the attributes. Throws Error(InvalidModel).
Dims pooled(const TensorType& x, const PoolAttributes& attributes);

struct MaxPool final : OpBase<MaxPool, Referenced>, MaxPoolAttributes {
  static constexpr std::string_view kName = "MaxPool";
  using MaxPoolAttributes::fields;
  std::vector<TensorType> infer(const InferContext& context) const override;
  bool splits_batch(const InferContext& context, const Dim& batch) const override;
};

struct AveragePool final : OpBase<AveragePool, Referenced>, AveragePoolAttributes {
  static constexpr std::string_view kName = "AveragePool";
  using AveragePoolAttributes::fields;
  std::vector<TensorType> infer(const InferContext& context) const override;
  bool splits_batch(const InferContext& context, const Dim& batch) const override;
};

struct LpPool final : OpBase<LpPool, Referenced>, LpPoolAttributes {
  static constexpr std::string_view kName = "LpPool";
  using LpPoolAttributes::fields;
  std::vector<TensorType> infer(const InferContext& context) const override;
  bool splits_batch(const InferContext& context, const Dim& batch) const override;
};

}  // namespace tn::ops
