// SPDX-License-Identifier: Apache-2.0
// Moving elements without converting them.
#pragma once

#include <cstring>

#include "base/tensor_view.h"

namespace tn::ops {

/// Copies the bits of one element; both views have the same type.
inline void copy_element(const TensorView& from, int64_t from_offset, const TensorView& to, int64_t to_offset) {
  const size_t size = size_of(from.type);
  std::memcpy(static_cast<std::byte*>(to.data) + to_offset * static_cast<int64_t>(size),
              static_cast<const std::byte*>(from.data) + from_offset * static_cast<int64_t>(size), size);
}

/// The part of a view that begins at index `begin` of an axis and has `extent` indices, `step` apart.
inline TensorView sub_view(TensorView view, int axis, int64_t begin, int64_t extent, int64_t step = 1) {
  const int64_t offset = begin * view.strides[axis] * static_cast<int64_t>(size_of(view.type));
  view.data = static_cast<std::byte*>(view.data) + offset;
  view.dims[axis] = extent;
  view.strides[axis] *= step;
  return view;
}

inline int wrap_axis(int64_t axis, int rank) {
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

inline bool is_present(std::span<const TensorView> views, size_t index) {
  return index < views.size() && views[index].data != nullptr;
}

}  // namespace tn::ops
