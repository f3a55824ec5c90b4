// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/definition.h"
#include "ops/shape/reference/axis.h"

namespace tn::ops {

struct Transpose final : OpBase<Transpose, Referenced>, TransposeAttributes {
  static constexpr std::string_view kName = "Transpose";
  using TransposeAttributes::fields;
  Transpose() = default;
  explicit Transpose(std::vector<int64_t> permutation) : TransposeAttributes{std::move(permutation)} {}
  std::vector<TensorType> infer(const InferContext& context) const override;
  bool splits_batch(const InferContext& context, const Dim& batch) const override;
  std::optional<Dims> value(const InferContext& context) const override;
};

}  // namespace tn::ops
