// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/definition.h"
#include "ops/reduce/reference/reduce.h"

namespace tn::ops {

/// Sum, mean, maximum, minimum or product over axes. Norms, LogSumExp and the like decompose into it.
struct Reduce final : OpBase<Reduce, Referenced>, ReduceAttributes {
  static constexpr std::string_view kName = "Reduce";
  using ReduceAttributes::fields;
  Reduce() = default;
  explicit Reduce(ReduceAttributes attributes) : ReduceAttributes(std::move(attributes)) {}
  std::vector<TensorType> infer(const InferContext& context) const override;
  bool splits_batch(const InferContext& context, const Dim& batch) const override;
  std::optional<Dims> value(const InferContext& context) const override;
};

}  // namespace tn::ops
