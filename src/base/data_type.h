// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tn {

/// Element types. Those narrower than a byte have a byte in memory for each element: integers as their value, floats as
/// their code in the low bits (adr/0013).
enum class DataType : uint8_t {
  F64,
  F32,
  F16,
  BF16,
  I64,
  I32,
  I16,
  I8,
  U64,
  U32,
  U16,
  U8,
  Bool,
  F8E4M3FN,
  F8E4M3FNUZ,
  F8E5M2,
  F8E5M2FNUZ,
  F8E8M0,
  F6E2M3,
  F6E3M2,
  F4E2M1,
  I4,
  U4,
  I2,
  U2,
};

inline constexpr int kDataTypeCount = 25;

/// Bytes of one element in memory.
size_t size_of(DataType type);
/// Bits that tell its values apart: 4 of I4, 8 of Bool.
int bits_of(DataType type);
/// Lower-case short name: "f32", "bf16", "i8", "bool".
std::string_view name_of(DataType type);
std::optional<DataType> data_type_from_name(std::string_view name);

bool is_float(DataType type);
/// A float of 8 bits or fewer: base/small_float.h.
constexpr bool is_small_float(DataType type) {
  return type >= DataType::F8E4M3FN && type <= DataType::F4E2M1;
}
/// An integer narrower than a byte.
constexpr bool is_small_integer(DataType type) {
  return type >= DataType::I4;
}
bool is_signed_integer(DataType type);
bool is_unsigned_integer(DataType type);
inline bool is_integer(DataType type) {
  return is_signed_integer(type) || is_unsigned_integer(type);
}

}  // namespace tn
