// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/definition.h"

namespace tn::ops {

/// Inputs: condition (one bool), then what the branches capture. Bodies: then, else; both have all captures as inputs
/// and the same number and types of outputs. Where extents of the branches differ, the result's is unknown.
struct If final : OpBase<If, Structured> {
  static constexpr std::string_view kName = "If";
  std::vector<TensorType> infer(const InferContext& context) const override;
  std::vector<BodyInput> body_inputs(const InferContext& context, size_t body) const override;
};

}  // namespace tn::ops
