// SPDX-License-Identifier: Apache-2.0
// Moving elements without converting them.
#pragma once

#include <cstring>

#include "base/tensor_view.h"
#include "ops/reference/reference.h"

namespace tn::ops {

/// Copies the bits of one element. Throws Error(InvalidArgument) for views of different types.
inline void copy_element(const TensorView& from, int64_t from_offset, const TensorView& to, int64_t to_offset) {
  require(from.type == to.type, "{} where {} is needed", name_of(from.type), name_of(to.type));
  std::memcpy(to.at(to_offset), from.at(from_offset), size_of(from.type));
}

/// The part of a view that begins at index `begin` of an axis and has `extent` indices, `step` apart.
inline TensorView sub_view(TensorView view, int axis, int64_t begin, int64_t extent, int64_t step = 1) {
  const int64_t offset = begin * view.strides[axis] * static_cast<int64_t>(size_of(view.type));
  if (view.data != nullptr) view.data = static_cast<std::byte*>(view.data) + offset;  // an empty view may have none
  view.dims[axis] = extent;
  view.strides[axis] *= step;
  return view;
}

/// An axis that may count from the end. Throws Error(InvalidArgument) unless the rank has it.
inline int wrap_axis(int64_t axis, int rank) {
  require(axis >= -rank && axis < rank, "axis {} of rank {}", axis, rank);
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

/// Integers wrap.
inline int64_t wrapping_add(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
inline int64_t wrapping_sub(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}
inline int64_t wrapping_mul(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}

inline bool is_present(std::span<const TensorView> views, size_t index) {
  return index < views.size() && views[index].data != nullptr;
}

}  // namespace tn::ops
