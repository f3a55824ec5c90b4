// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <tuple>
#include <type_traits>
#include <utility>

#include "backends/cpu/kernels/copy/convert.h"
#include "base/half.h"
#include "base/tensor_view.h"

namespace tn {
namespace {

// In the order of DataType, up to Bool.
using Storage = std::tuple<double, float, Half, BFloat16, int64_t, int32_t, int16_t, int8_t, uint64_t, uint32_t,
                           uint16_t, uint8_t, bool>;
constexpr int kStorages = std::tuple_size_v<Storage>;
static_assert(kStorages == static_cast<int>(DataType::Bool) + 1);

template <typename T>
inline constexpr bool kIsFloat = !std::is_integral_v<T>;

template <typename To>
To saturate(double value) {
  constexpr double kLow = static_cast<double>(std::numeric_limits<To>::lowest());
  constexpr double kHigh = static_cast<double>(std::numeric_limits<To>::max());  // may round up, hence >= below
  if (std::isnan(value)) return 0;
  if (value >= kHigh) return std::numeric_limits<To>::max();
  if (value <= kLow) return std::numeric_limits<To>::lowest();
  return static_cast<To>(value);
}

template <typename To>
To from_double(double value) {
  if constexpr (std::is_same_v<To, Half>)
    return half_from_double(value);
  else if constexpr (std::is_same_v<To, BFloat16>)
    return bfloat16_from_double(value);
  else
    return static_cast<To>(value);
}

template <typename To, typename From>
To convert(From value) {
  if constexpr (kIsFloat<From> && !std::is_same_v<From, double>) {
    const float wide = static_cast<float>(value);
    if constexpr (std::is_same_v<To, bool>)
      return wide != 0;
    else if constexpr (kIsFloat<To>)
      return static_cast<To>(wide);
    else
      return saturate<To>(wide);
  } else if constexpr (std::is_same_v<To, bool>) {
    return value != 0;
  } else if constexpr (std::is_same_v<From, double> && !kIsFloat<To>) {
    return saturate<To>(value);
  } else if constexpr (std::is_same_v<To, Half> || std::is_same_v<To, BFloat16>) {
    return from_double<To>(static_cast<double>(value));
  } else {
    return static_cast<To>(value);
  }
}

template <typename From, typename To>
void row(const void* from, int64_t from_stride, void* to, int64_t to_stride, int64_t count) noexcept {
  const From* in = static_cast<const From*>(from);
  To* out = static_cast<To*>(to);
  if (from_stride == 1 && to_stride == 1) {
    for (int64_t i = 0; i < count; ++i) out[i] = convert<To>(in[i]);
  } else {
    for (int64_t i = 0; i < count; ++i) out[i * to_stride] = convert<To>(in[i * from_stride]);
  }
}

template <typename T>
void same_row(const void* from, int64_t from_stride, void* to, int64_t to_stride, int64_t count) noexcept {
  const T* in = static_cast<const T*>(from);
  T* out = static_cast<T*>(to);
  if (from_stride == 1 && to_stride == 1) {
    std::memcpy(out, in, static_cast<size_t>(count) * sizeof(T));
  } else if (from_stride == 0 && to_stride == 1) {
    const T value = count > 0 ? *in : T{};
    for (int64_t i = 0; i < count; ++i) out[i] = value;
  } else {
    for (int64_t i = 0; i < count; ++i) out[i * to_stride] = in[i * from_stride];
  }
}

// From or to a type narrower than a byte or a float of a byte.
template <size_t From, size_t To>
void small_row(const void* from, int64_t from_stride, void* to, int64_t to_stride, int64_t count) noexcept {
  const TensorView in{const_cast<void*>(from), static_cast<DataType>(From)}, out{to, static_cast<DataType>(To)};
  for (int64_t i = 0; i < count; ++i) {
    if (is_float(in.type))
      store_double(out, i * to_stride, load_double(in, i * from_stride));
    else
      store_int64(out, i * to_stride, load_int64(in, i * from_stride));
  }
}

template <size_t From, size_t To>
constexpr ConvertRow row_of() {
  if constexpr (From < kStorages && To < kStorages)
    return row<std::tuple_element_t<From, Storage>, std::tuple_element_t<To, Storage>>;
  else
    return small_row<From, To>;
}

template <size_t From, size_t... To>
constexpr std::array<ConvertRow, kDataTypeCount> rows_from(std::index_sequence<To...>) {
  return {row_of<From, To>()...};
}

template <size_t... From>
constexpr std::array<std::array<ConvertRow, kDataTypeCount>, kDataTypeCount> all_rows(std::index_sequence<From...>) {
  return {rows_from<From>(std::make_index_sequence<kDataTypeCount>())...};
}

}  // namespace

ConvertRow convert_row(DataType from, DataType to) noexcept {
  static constexpr auto kRows = all_rows(std::make_index_sequence<kDataTypeCount>());
  if (from == to) {
    switch (size_of(from)) {
      case 1:
        return same_row<uint8_t>;
      case 2:
        return same_row<uint16_t>;
      case 4:
        return same_row<uint32_t>;
      default:
        return same_row<uint64_t>;
    }
  }
  return kRows[static_cast<size_t>(from)][static_cast<size_t>(to)];
}

}  // namespace tn
