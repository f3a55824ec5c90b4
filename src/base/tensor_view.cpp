// SPDX-License-Identifier: Apache-2.0
#include "base/tensor_view.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "base/half.h"
#include "base/small_float.h"

namespace tn {
namespace {

template <typename T>
T saturate(double value) {
  if (std::isnan(value)) return 0;
  // The upper bound as a double may round up past the largest T, so compare with >=.
  if (value >= static_cast<double>(std::numeric_limits<T>::max())) return std::numeric_limits<T>::max();
  if (value <= static_cast<double>(std::numeric_limits<T>::lowest())) return std::numeric_limits<T>::lowest();
  return static_cast<T>(value);
}

// Integers narrower than a byte: the nearest of their values, and the low bits as one.
double saturate_small(DataType type, double value) {
  const int bits = bits_of(type) - (is_signed_integer(type) ? 1 : 0);
  const int high = (1 << bits) - 1, low = is_signed_integer(type) ? -high - 1 : 0;
  return std::isnan(value) ? 0 : std::clamp<double>(std::trunc(value), low, high);
}
int64_t wrap_small(DataType type, int64_t value) {
  const int unused = 64 - bits_of(type);
  const uint64_t high = static_cast<uint64_t>(value) << unused;
  return is_signed_integer(type) ? static_cast<int64_t>(high) >> unused : static_cast<int64_t>(high >> unused);
}

uint8_t& code_at(const TensorView& view, int64_t offset) {
  return *static_cast<uint8_t*>(view.at(offset));
}

// Calls f with a value of the C++ type that stores `type`; codes of small floats are bytes.
template <typename F>
decltype(auto) with_storage(DataType type, F&& f) {
  switch (type) {
    case DataType::F64:
      return f(double{});
    case DataType::F32:
      return f(float{});
    case DataType::F16:
      return f(Half{});
    case DataType::BF16:
      return f(BFloat16{});
    case DataType::I64:
      return f(int64_t{});
    case DataType::I32:
      return f(int32_t{});
    case DataType::I16:
      return f(int16_t{});
    case DataType::I8:
    case DataType::I4:
    case DataType::I2:
      return f(int8_t{});
    case DataType::U64:
      return f(uint64_t{});
    case DataType::U32:
      return f(uint32_t{});
    case DataType::U16:
      return f(uint16_t{});
    case DataType::U8:
    case DataType::U4:
    case DataType::U2:
    case DataType::F8E4M3FN:
    case DataType::F8E4M3FNUZ:
    case DataType::F8E5M2:
    case DataType::F8E5M2FNUZ:
    case DataType::F8E8M0:
    case DataType::F6E2M3:
    case DataType::F6E3M2:
    case DataType::F4E2M1:
      return f(uint8_t{});
    case DataType::Bool:
      return f(bool{});
  }
  throw Error(ErrorCode::Internal, "data type {}", static_cast<int>(type));
}

template <typename T>
inline constexpr bool kIsHalf = std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>;

template <typename T>
T load(const TensorView& view, int64_t offset) {
  // Bytes that others wrote may be a bool that is neither 0 nor 1.
  if constexpr (std::is_same_v<T, bool>)
    return *static_cast<const uint8_t*>(view.at(offset)) != 0;
  else
    return *static_cast<const T*>(view.at(offset));
}

}  // namespace

bool TensorView::is_dense() const {
  int64_t expected = 1;
  for (int i = rank() - 1; i >= 0; --i) {
    if (dims[i] != 1 && strides[i] != expected) return false;
    expected *= dims[i];
  }
  return true;
}

TensorView TensorView::bounded() const {
  TensorView view = *this;
  int64_t last = 0;
  for (int i = 0; i < rank(); ++i) last += std::max<int64_t>(0, dims[i] - 1) * strides[i];
  const bool any = data != nullptr && elements() > 0;
  view.bounds = {reinterpret_cast<uintptr_t>(data), any ? static_cast<size_t>(last + 1) * size_of(type) : 0};
  return view;
}

void TensorView::out_of_bounds(int64_t offset) const {
  throw Error(ErrorCode::InvalidArgument, "element {} lies outside of a tensor of {}", offset, to_string(dims));
}

double load_double(const TensorView& view, int64_t offset) {
  if (is_small_float(view.type)) return small_float_value(view.type, code_at(view, offset));
  return with_storage(view.type, [&](auto tag) -> double {
    using T = decltype(tag);
    const T value = load<T>(view, offset);
    if constexpr (kIsHalf<T>)
      return static_cast<float>(value);
    else
      return static_cast<double>(value);
  });
}

int64_t load_int64(const TensorView& view, int64_t offset) {
  if (is_small_float(view.type)) return saturate<int64_t>(load_double(view, offset));
  return with_storage(view.type, [&](auto tag) -> int64_t {
    using T = decltype(tag);
    const T value = load<T>(view, offset);
    if constexpr (kIsHalf<T>)
      return saturate<int64_t>(static_cast<float>(value));
    else if constexpr (std::is_floating_point_v<T>)
      return saturate<int64_t>(static_cast<double>(value));
    else
      return static_cast<int64_t>(value);
  });
}

void store_double(const TensorView& view, int64_t offset, double value) {
  if (is_small_float(view.type)) {
    code_at(view, offset) = small_float_code(view.type, value);
    return;
  }
  if (is_small_integer(view.type)) value = saturate_small(view.type, value);
  with_storage(view.type, [&](auto tag) {
    using T = decltype(tag);
    T& slot = *static_cast<T*>(view.at(offset));
    if constexpr (std::is_same_v<T, Half>)
      slot = half_from_double(value);
    else if constexpr (std::is_same_v<T, BFloat16>)
      slot = bfloat16_from_double(value);
    else if constexpr (std::is_same_v<T, bool>)
      slot = value != 0;
    else if constexpr (std::is_integral_v<T>)
      slot = saturate<T>(value);
    else
      slot = static_cast<T>(value);
  });
}

void store_int64(const TensorView& view, int64_t offset, int64_t value) {
  if (is_small_float(view.type)) return store_double(view, offset, static_cast<double>(value));
  if (is_small_integer(view.type)) value = wrap_small(view.type, value);
  with_storage(view.type, [&](auto tag) {
    using T = decltype(tag);
    T& slot = *static_cast<T*>(view.at(offset));
    if constexpr (std::is_same_v<T, Half>)
      slot = half_from_double(static_cast<double>(value));
    else if constexpr (std::is_same_v<T, BFloat16>)
      slot = bfloat16_from_double(static_cast<double>(value));
    else if constexpr (std::is_same_v<T, bool>)
      slot = value != 0;
    else
      slot = static_cast<T>(value);
  });
}

Walk::Walk(const Shape& dims, std::span<const Shape> strides)
    : dims_(dims),
      index_(Shape::filled(dims.rank(), 0)),
      operands_(static_cast<int>(strides.size())),
      more_(dims.elements() > 0) {
  internal_check(strides.size() <= kMaxOperands, "a walk over {} operands", strides.size());
  std::copy(strides.begin(), strides.end(), strides_.begin());
}

void Walk::next() {
  for (int axis = dims_.rank() - 1; axis >= 0; --axis) {
    if (++index_[axis] < dims_[axis]) {
      for (int i = 0; i < operands_; ++i) offsets_[static_cast<size_t>(i)] += strides_[static_cast<size_t>(i)][axis];
      return;
    }
    for (int i = 0; i < operands_; ++i) {
      offsets_[static_cast<size_t>(i)] -= strides_[static_cast<size_t>(i)][axis] * (dims_[axis] - 1);
    }
    index_[axis] = 0;
  }
  more_ = false;
}

bool broadcast_shapes(const Shape& a, const Shape& b, Shape& result) {
  const int rank = std::max(a.rank(), b.rank());
  Shape out = Shape::filled(rank, 1);
  for (int i = 0; i < rank; ++i) {
    const int64_t x = i < rank - a.rank() ? 1 : a[i - (rank - a.rank())];
    const int64_t y = i < rank - b.rank() ? 1 : b[i - (rank - b.rank())];
    if (x != y && x != 1 && y != 1) return false;
    out[i] = x == 1 ? y : x;
  }
  result = out;
  return true;
}

Shape broadcast_strides(const Shape& dims, const Shape& strides, const Shape& to) {
  Shape result = Shape::filled(to.rank(), 0);
  const int lead = to.rank() - dims.rank();
  for (int i = lead; i < to.rank(); ++i) result[i] = dims[i - lead] == 1 ? 0 : strides[i - lead];
  return result;
}

void copy(const TensorView& from, const TensorView& to) {
  if (!(from.dims == to.dims))
    throw Error(ErrorCode::InvalidArgument, "a copy of {} to {}", to_string(from.dims), to_string(to.dims));
  if (from.elements() == 0) return;
  if (from.type == to.type && from.is_dense() && to.is_dense()) {
    // Both ends of both are checked.
    for (const TensorView* view : {&from, &to}) static_cast<void>(view->at(view->elements() - 1));
    std::memcpy(to.at(0), from.at(0), from.dense_bytes());
    return;
  }
  const bool through_double = is_float(from.type);
  for (Walk walk(to.dims, {from.strides, to.strides}); walk.more(); walk.next()) {
    if (through_double)
      store_double(to, walk.offset(1), load_double(from, walk.offset(0)));
    else
      store_int64(to, walk.offset(1), load_int64(from, walk.offset(0)));
  }
}

}  // namespace tn
