// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/definition.h"
#include "ops/shape/reference/axis.h"

namespace tn::ops {

struct Concat final : OpBase<Concat, Referenced>, ConcatAttributes {
  static constexpr std::string_view kName = "Concat";
  using ConcatAttributes::fields;
  Concat() = default;
  explicit Concat(int64_t along) : ConcatAttributes{along} {}
  std::vector<TensorType> infer(const InferContext& context) const override;
  bool splits_batch(const InferContext& context, const Dim& batch) const override;
  std::optional<Dims> value(const InferContext& context) const override;
};

/// Inputs: data, sizes of the parts (optional: without it parts of ceil(extent / outputs), the last one smaller).
struct Split final : OpBase<Split, Referenced>, SplitAttributes {
  static constexpr std::string_view kName = "Split";
  using SplitAttributes::fields;
  Split() = default;
  Split(int64_t along, int64_t parts) : SplitAttributes{along, parts} {}
  std::vector<TensorType> infer(const InferContext& context) const override;
  bool splits_batch(const InferContext& context, const Dim& batch) const override;
};

}  // namespace tn::ops
