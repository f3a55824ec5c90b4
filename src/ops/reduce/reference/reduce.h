// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "ops/reference/reference.h"

namespace tn::ops {

enum class ReduceMode : uint8_t { Sum, Mean, Max, Min, Prod };
std::span<const std::string_view> enum_names(ReduceMode);

struct ReduceAttributes {
  ReduceMode mode = ReduceMode::Sum;
  std::vector<int64_t> axes;  ///< reduced axes; none reduces nothing
  bool keepdims = true;
  template <typename V>
  void fields(V& v) {
    v("mode", mode);
    v("axes", axes);
    v("keepdims", keepdims);
  }
};

/// One input, one output of its type. Integers are computed in int64 (means truncate). Nothing sums to 0, multiplies
/// to 1 and has the lowest or highest value of the type as maximum or minimum.
void reduce(const ReduceAttributes& attributes, std::span<const TensorView> inputs,
            std::span<const TensorView> outputs);

/// The view of a reduction's output under which every input element has the place it is reduced into: strides are 0
/// along the reduced axes.
TensorView spread_over(const TensorView& output, const Shape& input, std::span<const int64_t> axes, bool keepdims);

}  // namespace tn::ops
