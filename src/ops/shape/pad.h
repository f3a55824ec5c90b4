// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/definition.h"
#include "ops/shape/reference/pad.h"

namespace tn::ops {

/// Inputs: data, pads (begin of each axis, then end of each; negative ones crop), value (optional, for constant mode),
/// axes (optional: the axes that pads speak of).
struct Pad final : OpBase<Pad, Referenced>, PadAttributes {
  static constexpr std::string_view kName = "Pad";
  using PadAttributes::fields;
  Pad() = default;
  explicit Pad(PadMode how) : PadAttributes{how} {}
  std::vector<TensorType> infer(const InferContext& context) const override;
  bool splits_batch(const InferContext& context, const Dim& batch) const override;
};

}  // namespace tn::ops
