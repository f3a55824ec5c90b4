// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "base/data_type.h"
#include "base/shape.h"

namespace tn {

/// A typed, strided window on memory that somebody else owns. Strides are in elements and may be zero or negative;
/// `data` points at the element with all indices zero.
struct TensorView {
  /// Bytes that loads and stores may touch; by default any. Whoever cannot trust shapes sets it (see bounded()).
  struct Bounds {
    uintptr_t begin = 0;
    size_t bytes = SIZE_MAX;
  };

  void* data = nullptr;
  DataType type = DataType::F32;
  Shape dims;
  Shape strides;
  Bounds bounds = {};

  static TensorView dense(void* data, DataType type, const Shape& dims) {
    return {data, type, dims, dims.row_major_strides()};
  }
  int rank() const { return dims.rank(); }
  int64_t elements() const { return dims.elements(); }
  /// Bytes of a dense tensor of this type and shape.
  size_t dense_bytes() const { return static_cast<size_t>(elements()) * size_of(type); }
  /// Whether memory order is row-major without gaps (axes of size one do not matter).
  bool is_dense() const;
  template <typename T>
  T* as() const {
    return static_cast<T*>(data);
  }
  /// The same with bounds that are exactly its elements; strides must not be negative. Without data: no bytes at all.
  TensorView bounded() const;
  /// Address of the element `offset` elements from data. Throws Error(InvalidArgument) if it lies outside the bounds.
  void* at(int64_t offset) const {
    const size_t size = size_of(type);
    const uintptr_t address = reinterpret_cast<uintptr_t>(data) + static_cast<uintptr_t>(offset) * size;
    if (bounds.bytes < size || address - bounds.begin > bounds.bytes - size) [[unlikely]]
      out_of_bounds(offset);
    return static_cast<std::byte*>(data) + offset * static_cast<int64_t>(size);
  }

 private:
  [[noreturn]] void out_of_bounds(int64_t offset) const;
};

/// Element `offset` (in elements from data) as double or int64, converting from the view's type. Bool reads as 0 or 1.
/// Loads and stores throw Error(InvalidArgument) outside the view's bounds.
double load_double(const TensorView& view, int64_t offset);
int64_t load_int64(const TensorView& view, int64_t offset);
/// Converts and stores: floats round to nearest even, integers wrap, a double outside an integer's range saturates,
/// NaN becomes 0, Bool stores value != 0.
void store_double(const TensorView& view, int64_t offset, double value);
void store_int64(const TensorView& view, int64_t offset, int64_t value);

/// Walks all indices of `dims` in row-major order, keeping one offset per stride set.
/// Use: for (Walk w(dims, {a.strides, b.strides}); w.more(); w.next()) … w.offset(0) …
class Walk {
 public:
  static constexpr int kMaxOperands = 8;
  Walk(const Shape& dims, std::initializer_list<Shape> strides)
      : Walk(dims, std::span(strides.begin(), strides.size())) {}
  Walk(const Shape& dims, std::span<const Shape> strides);
  bool more() const { return more_; }
  void next();
  int64_t offset(int operand) const { return offsets_[static_cast<size_t>(operand)]; }
  const Shape& index() const { return index_; }

 private:
  Shape dims_, index_;
  std::array<Shape, kMaxOperands> strides_;
  std::array<int64_t, kMaxOperands> offsets_{};
  int operands_;
  bool more_;
};

/// The NumPy broadcast of two shapes; false if they do not broadcast.
bool broadcast_shapes(const Shape& a, const Shape& b, Shape& result);
/// Strides with which a tensor of `dims`/`strides` is read under the broadcast shape `to` (0 where it repeats).
Shape broadcast_strides(const Shape& dims, const Shape& strides, const Shape& to);
/// Copies with conversion. Throws Error(InvalidArgument) if the shapes differ.
void copy(const TensorView& from, const TensorView& to);

}  // namespace tn
