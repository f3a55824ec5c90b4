// SPDX-License-Identifier: Apache-2.0
// Operators that give the same elements, in the same order, another shape.
#pragma once

#include "ops/definition.h"
#include "ops/shape/reference/reshape.h"

namespace tn::ops {

/// Inputs: data, shape (rank 1, known through its symbolic value). One entry may be -1: what is left over.
struct Reshape final : OpBase<Reshape, Referenced>, ReshapeAttributes {
  static constexpr std::string_view kName = "Reshape";
  using ReshapeAttributes::fields;
  std::vector<TensorType> infer(const InferContext& context) const override;
  bool splits_batch(const InferContext& context, const Dim& batch) const override;
  std::optional<Dims> value(const InferContext& context) const override;
};

/// Inputs: data, axes (optional: without it every axis known to have extent 1 goes).
struct Squeeze final : OpBase<Squeeze, Referenced> {
  static constexpr std::string_view kName = "Squeeze";
  std::vector<TensorType> infer(const InferContext& context) const override;
  bool splits_batch(const InferContext& context, const Dim& batch) const override;
  std::optional<Dims> value(const InferContext& context) const override;
};

/// Inputs: data, axes of the result that get extent 1.
struct Unsqueeze final : OpBase<Unsqueeze, Referenced> {
  static constexpr std::string_view kName = "Unsqueeze";
  std::vector<TensorType> infer(const InferContext& context) const override;
  bool splits_batch(const InferContext& context, const Dim& batch) const override;
  std::optional<Dims> value(const InferContext& context) const override;
};

/// The value of an operator that only reshapes: that of its data.
std::optional<Dims> reshaped_value(const InferContext& context);

}  // namespace tn::ops
