// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/tensor_view.h"

namespace tn {

/// Immutable dense tensor data known while building. Owns its bytes or keeps their owner (a mapped file) alive.
class Constant {
 public:
  Constant(DataType type, Shape dims, std::vector<std::byte> bytes);
  Constant(DataType type, Shape dims, std::span<const std::byte> bytes, std::shared_ptr<const void> owner);
  /// A rank-1 (or rank-0) int64 tensor.
  static std::shared_ptr<const Constant> vector(std::span<const int64_t> values);
  static std::shared_ptr<const Constant> scalar(DataType type, double value);
  /// Zeroed bytes to be filled through `fill`.
  template <typename Fill>
  static std::shared_ptr<const Constant> make(DataType type, const Shape& dims, Fill&& fill) {
    std::vector<std::byte> bytes(static_cast<size_t>(dims.elements()) * size_of(type));
    fill(TensorView::dense(bytes.data(), type, dims));
    return std::make_shared<const Constant>(type, dims, std::move(bytes));
  }

  DataType type() const { return type_; }
  const Shape& dims() const { return dims_; }
  std::span<const std::byte> bytes() const { return bytes_; }
  int64_t elements() const { return dims_.elements(); }
  /// A view for reading (its data pointer must not be written through).
  TensorView view() const;
  double number(int64_t index) const { return load_double(view(), index); }
  int64_t integer(int64_t index) const { return load_int64(view(), index); }
  std::vector<int64_t> integers() const;
  /// True if every element equals the first one.
  bool is_splat() const;

 private:
  DataType type_;
  Shape dims_;
  std::vector<std::byte> storage_;
  std::shared_ptr<const void> owner_;
  std::span<const std::byte> bytes_;
};

using ConstantPtr = std::shared_ptr<const Constant>;

}  // namespace tn
