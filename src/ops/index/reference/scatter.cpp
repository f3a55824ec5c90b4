// SPDX-License-Identifier: Apache-2.0
#include "ops/index/reference/scatter.h"

#include <algorithm>

#include "ops/shape/reference/element.h"

namespace tn::ops {
namespace {

template <typename T>
T combine(ScatterReduction reduction, T old, T update) {
  constexpr bool kInteger = std::is_integral_v<T>;
  switch (reduction) {
    case ScatterReduction::Add:
      if constexpr (kInteger) return wrapping_add(old, update);
      return old + update;
    case ScatterReduction::Mul:
      if constexpr (kInteger) return wrapping_mul(old, update);
      return old * update;
    case ScatterReduction::Max:
      return std::max(old, update);
    case ScatterReduction::Min:
      return std::min(old, update);
    case ScatterReduction::None:
      break;
  }
  return update;
}

void update_element(ScatterReduction reduction, const TensorView& updates, int64_t from, const TensorView& y,
                    int64_t to) {
  if (reduction == ScatterReduction::None)
    copy_element(updates, from, y, to);
  else if (is_float(y.type))
    store_double(y, to, combine(reduction, load_double(y, to), load_double(updates, from)));
  else
    store_int64(y, to, combine(reduction, load_int64(y, to), load_int64(updates, from)));
}

void scatter_elements(const ScatterElementsAttributes& a, std::span<const TensorView> inputs,
                      std::span<const TensorView> outputs) {
  const TensorView &indices = inputs[1], &updates = inputs[2], &y = outputs[0];
  copy(inputs[0], y);
  const int axis = wrap_axis(a.axis, y.rank());
  for (Walk walk(indices.dims, {indices.strides, updates.strides, y.strides}); walk.more(); walk.next()) {
    const int64_t index = checked_index(indices, walk.offset(0), y.dims[axis]);
    const int64_t to = walk.offset(2) + (index - walk.index()[axis]) * y.strides[axis];
    update_element(a.reduction, updates, walk.offset(1), y, to);
  }
}

void scatter_nd(const ScatterNDAttributes& a, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  const TensorView &indices = inputs[1], &updates = inputs[2], &y = outputs[0];
  copy(inputs[0], y);
  const int last = indices.rank() - 1, depth = static_cast<int>(indices.dims[last]);
  for (Walk walk(updates.dims, {updates.strides}); walk.more(); walk.next()) {
    int64_t at = 0, to = 0;
    for (int i = 0; i < last; ++i) at += walk.index()[i] * indices.strides[i];
    for (int i = 0; i < depth; ++i)
      to += checked_index(indices, at + i * indices.strides[last], y.dims[i]) * y.strides[i];
    for (int i = depth; i < y.rank(); ++i) to += walk.index()[last + i - depth] * y.strides[i];
    update_element(a.reduction, updates, walk.offset(0), y, to);
  }
}

}  // namespace

extern const ReferenceEntry scatter_elements_reference =
    make_reference<ScatterElementsAttributes, scatter_elements>("ScatterElements", {3, 1});
extern const ReferenceEntry scatter_nd_reference = make_reference<ScatterNDAttributes, scatter_nd>("ScatterND", {3, 1});

}  // namespace tn::ops
