// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/definition.h"

namespace tn::ops {

/// A group of operators that run as one step: its body has the inputs and outputs of the node.
struct Region final : OpBase<Region, Structured> {
  static constexpr std::string_view kName = "Region";
  std::string kind;  ///< what the pass that made it recognised
  Region() = default;
  explicit Region(std::string what) : kind(std::move(what)) {}
  template <typename V>
  void fields(V& v) {
    v("kind", kind);
  }
  std::vector<TensorType> infer(const InferContext& context) const override;
  std::vector<BodyInput> body_inputs(const InferContext& context, size_t body) const override;
};

}  // namespace tn::ops
