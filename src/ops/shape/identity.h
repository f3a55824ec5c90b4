// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/definition.h"

namespace tn::ops {

struct Identity final : OpBase<Identity, ElementwiseN<1>> {
  static constexpr std::string_view kName = "Identity";
  Expr expression(std::span<const Expr> x) const override { return x[0]; }
  std::optional<Dims> value(const InferContext& context) const override;
};

}  // namespace tn::ops
