// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/definition.h"
#include "ops/image/reference/resize.h"

namespace tn::ops {

/// Inputs: data, roi (begins, then ends, relative to the extents; for tf_crop_and_resize only), scales, sizes. One of
/// scales (a constant) and sizes is there.
struct Resize final : OpBase<Resize, Referenced>, ResizeAttributes {
  static constexpr std::string_view kName = "Resize";
  using ResizeAttributes::fields;
  Resize() = default;
  explicit Resize(ResizeAttributes attributes) : ResizeAttributes(std::move(attributes)) {}
  std::vector<TensorType> infer(const InferContext& context) const override;
  bool splits_batch(const InferContext& context, const Dim& batch) const override;
};

}  // namespace tn::ops
