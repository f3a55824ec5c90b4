// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/definition.h"

namespace tn::ops {

/// Of each row of X […,K] and each group of `group` neighbouring columns the sum and the sum of squares: […,K/group,2].
/// Made while building: what makes rows tells it to what normalizes them.
struct RowMoments final : OpBase<RowMoments, Decomposed> {
  static constexpr std::string_view kName = "RowMoments";
  int64_t group = 16;
  template <typename V>
  void fields(V& v) {
    v("group", group);
  }
  std::vector<TensorType> infer(const InferContext& context) const override;
  std::vector<int32_t> decompose(Graph& graph, std::string_view name, std::span<const int32_t> inputs) const override;
};

}  // namespace tn::ops
