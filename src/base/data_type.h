// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tn {

enum class DataType : uint8_t { F64, F32, F16, BF16, I64, I32, I16, I8, U64, U32, U16, U8, Bool };

inline constexpr int kDataTypeCount = 13;

/// Bytes of one element.
size_t size_of(DataType type);
/// Lower-case short name: "f32", "bf16", "i8", "bool".
std::string_view name_of(DataType type);
std::optional<DataType> data_type_from_name(std::string_view name);

bool is_float(DataType type);
bool is_signed_integer(DataType type);
bool is_unsigned_integer(DataType type);
inline bool is_integer(DataType type) {
  return is_signed_integer(type) || is_unsigned_integer(type);
}

}  // namespace tn
