// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/definition.h"

namespace tn::ops {

/// Inputs: data, shape. The result is the NumPy broadcast of both.
struct Expand final : OpBase<Expand, Referenced> {
  static constexpr std::string_view kName = "Expand";
  std::vector<TensorType> infer(const InferContext& context) const override;
  bool splits_batch(const InferContext& context, const Dim& batch) const override;
  std::optional<Dims> value(const InferContext& context) const override;
};

/// Inputs: data, repeats of each axis.
struct Tile final : OpBase<Tile, Referenced> {
  static constexpr std::string_view kName = "Tile";
  std::vector<TensorType> infer(const InferContext& context) const override;
};

/// Inputs: start, limit, delta (scalars of one type).
struct Range final : OpBase<Range, Referenced> {
  static constexpr std::string_view kName = "Range";
  std::vector<TensorType> infer(const InferContext& context) const override;
  std::optional<Dims> value(const InferContext& context) const override;
};

}  // namespace tn::ops
