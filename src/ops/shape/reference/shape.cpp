// SPDX-License-Identifier: Apache-2.0
#include "ops/shape/reference/shape.h"

#include <algorithm>

namespace tn::ops {

std::pair<int, int> ShapeAttributes::range(int rank) const {
  const auto clamp = [&](int64_t axis) {
    return static_cast<int>(std::clamp<int64_t>(axis < 0 ? axis + rank : axis, 0, rank));
  };
  const int first = clamp(start);
  return {first, std::max(first, clamp(end))};
}

namespace {

void shape(const ShapeAttributes& a, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  const auto [first, last] = a.range(inputs[0].rank());
  for (int axis = first; axis < last; ++axis) {
    store_int64(outputs[0], (axis - first) * outputs[0].strides[0], inputs[0].dims[axis]);
  }
}

void size(const ShapeAttributes& a, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  const auto [first, last] = a.range(inputs[0].rank());
  int64_t product = 1;
  for (int axis = first; axis < last; ++axis) product *= inputs[0].dims[axis];
  store_int64(outputs[0], 0, product);
}

}  // namespace

extern const ReferenceEntry shape_reference = make_reference<ShapeAttributes, shape>("Shape");
extern const ReferenceEntry size_reference = make_reference<ShapeAttributes, size>("Size");

}  // namespace tn::ops
