// SPDX-License-Identifier: Apache-2.0
#include "ir/constant.h"

#include <cstring>

#include "base/error.h"

namespace tn {

Constant::Constant(DataType type, Shape dims, std::vector<std::byte> bytes)
    : type_(type), dims_(dims), storage_(std::move(bytes)), bytes_(storage_) {
  internal_check(bytes_.size() == static_cast<size_t>(dims_.elements()) * size_of(type_), "a constant {}{} of {} bytes",
                 name_of(type_), to_string(dims_), bytes_.size());
}

Constant::Constant(DataType type, Shape dims, std::span<const std::byte> bytes, std::shared_ptr<const void> owner)
    : type_(type), dims_(dims), owner_(std::move(owner)), bytes_(bytes) {
  internal_check(bytes_.size() == static_cast<size_t>(dims_.elements()) * size_of(type_), "a constant {}{} of {} bytes",
                 name_of(type_), to_string(dims_), bytes_.size());
}

ConstantPtr Constant::vector(std::span<const int64_t> values) {
  return make(DataType::I64, Shape{static_cast<int64_t>(values.size())}, [&](const TensorView& view) {
    if (!values.empty()) std::memcpy(view.data, values.data(), values.size_bytes());
  });
}

ConstantPtr Constant::scalar(DataType type, double value) {
  return make(type, Shape{}, [&](const TensorView& view) { store_double(view, 0, value); });
}

TensorView Constant::view() const {
  return TensorView::dense(const_cast<std::byte*>(bytes_.data()), type_, dims_);
}

std::vector<int64_t> Constant::integers() const {
  std::vector<int64_t> values(static_cast<size_t>(elements()));
  for (size_t i = 0; i < values.size(); ++i) values[i] = integer(static_cast<int64_t>(i));
  return values;
}

bool Constant::is_splat() const {
  const size_t size = size_of(type_);
  for (size_t at = size; at + size <= bytes_.size(); at += size) {
    if (std::memcmp(bytes_.data(), bytes_.data() + at, size) != 0) return false;
  }
  return !bytes_.empty();
}

}  // namespace tn
