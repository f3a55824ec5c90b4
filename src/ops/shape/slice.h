// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/definition.h"

namespace tn::ops {

/// Inputs: data, starts, ends, axes (optional), steps (optional), as ONNX has them: negative positions count from the
/// end, all are clamped to the extent. A start or end that is a symbolic expression counts from the end only if it can
/// not be positive.
struct Slice final : OpBase<Slice, Referenced> {
  static constexpr std::string_view kName = "Slice";
  std::vector<TensorType> infer(const InferContext& context) const override;
  bool splits_batch(const InferContext& context, const Dim& batch) const override;
  std::optional<Dims> value(const InferContext& context) const override;
};

/// The part of one axis that a slice takes: `extent` indices from `start` on, `step` apart.
struct SliceRange {
  int axis;
  Dim start, extent;
  int64_t step;
};

/// The ranges of a slice, one for each axis it names; nothing if starts, ends or steps are not known.
std::optional<std::vector<SliceRange>> slice_ranges(const InferContext& context);

}  // namespace tn::ops
