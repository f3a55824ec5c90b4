// SPDX-License-Identifier: Apache-2.0
// Operators whose results have extents that only the data tell.
#pragma once

#include "ops/definition.h"
#include "ops/index/reference/sized.h"

namespace tn::ops {

/// Indices of the elements that are not zero, as [rank, count].
struct NonZero final : OpBase<NonZero, Referenced> {
  static constexpr std::string_view kName = "NonZero";
  std::vector<TensorType> infer(const InferContext& context) const override;
};

/// Inputs: data, condition (bool, rank 1): the slices along the axis where the condition holds.
struct Compress final : OpBase<Compress, Referenced>, FlatOrAxisAttributes {
  static constexpr std::string_view kName = "Compress";
  using FlatOrAxisAttributes::fields;
  std::vector<TensorType> infer(const InferContext& context) const override;
};

/// Outputs: the distinct slices, where each appears first, which one each slice is, how often each appears.
struct Unique final : OpBase<Unique, Referenced>, UniqueAttributes {
  static constexpr std::string_view kName = "Unique";
  using UniqueAttributes::fields;
  std::vector<TensorType> infer(const InferContext& context) const override;
};

/// Inputs: boxes [N,B,4], scores [N,C,B], most boxes per class, largest overlap, lowest score (all three optional).
/// Output: [kept, 3] with batch, class and box.
struct NonMaxSuppression final : OpBase<NonMaxSuppression, Referenced>, NonMaxSuppressionAttributes {
  static constexpr std::string_view kName = "NonMaxSuppression";
  using NonMaxSuppressionAttributes::fields;
  std::vector<TensorType> infer(const InferContext& context) const override;
};

}  // namespace tn::ops
