// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/definition.h"
#include "ops/index/reference/gather.h"

namespace tn::ops {

/// Y[a…, i…, b…] = X[a…, I[i…], b…] where a are the axes before `axis`. Negative indices count from the end.
struct Gather final : OpBase<Gather, Referenced>, AxisAttributes {
  static constexpr std::string_view kName = "Gather";
  using AxisAttributes::fields;
  Gather() = default;
  explicit Gather(int64_t along) : AxisAttributes{along} {}
  std::vector<TensorType> infer(const InferContext& context) const override;
  bool splits_batch(const InferContext& context, const Dim& batch) const override;
  std::optional<Dims> value(const InferContext& context) const override;
};

/// Y[i…] = X[i… with I[i…] in place of the index along axis].
struct GatherElements final : OpBase<GatherElements, Referenced>, AxisAttributes {
  static constexpr std::string_view kName = "GatherElements";
  using AxisAttributes::fields;
  std::vector<TensorType> infer(const InferContext& context) const override;
  bool splits_batch(const InferContext& context, const Dim& batch) const override;
};

/// Y[b…, i…, r…] = X[b…, I[b…, i…, :]…, r…] with `batch_dims` leading axes b.
struct GatherND final : OpBase<GatherND, Referenced>, GatherNDAttributes {
  static constexpr std::string_view kName = "GatherND";
  using GatherNDAttributes::fields;
  std::vector<TensorType> infer(const InferContext& context) const override;
};

}  // namespace tn::ops
