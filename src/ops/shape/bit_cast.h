// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/definition.h"
#include "ops/shape/reference/bit_cast.h"

namespace tn::ops {

/// The bits of each element read as another type of the same size.
struct BitCast final : OpBase<BitCast, Referenced>, BitCastAttributes {
  static constexpr std::string_view kName = "BitCast";
  using BitCastAttributes::fields;
  std::vector<TensorType> infer(const InferContext& context) const override;
  bool splits_batch(const InferContext&, const Dim&) const override { return true; }
};

}  // namespace tn::ops
