// SPDX-License-Identifier: Apache-2.0
#include "base/data_type.h"

#include <array>

namespace tn {
namespace {

struct Traits {
  std::string_view name;
  size_t size;
};

constexpr std::array<Traits, kDataTypeCount> kTraits = {
    {{"f64", 8},        {"f32", 4},    {"f16", 2},        {"bf16", 2},   {"i64", 8},    {"i32", 4},    {"i16", 2},
     {"i8", 1},         {"u64", 8},    {"u32", 4},        {"u16", 2},    {"u8", 1},     {"bool", 1},   {"f8e4m3fn", 1},
     {"f8e4m3fnuz", 1}, {"f8e5m2", 1}, {"f8e5m2fnuz", 1}, {"f8e8m0", 1}, {"f6e2m3", 1}, {"f6e3m2", 1}, {"f4e2m1", 1},
     {"i4", 1},         {"u4", 1},     {"i2", 1},         {"u2", 1}}};

const Traits& traits(DataType type) {
  return kTraits[static_cast<size_t>(type)];
}

}  // namespace

size_t size_of(DataType type) {
  return traits(type).size;
}
int bits_of(DataType type) {
  switch (type) {
    case DataType::F6E2M3:
    case DataType::F6E3M2:
      return 6;
    case DataType::F4E2M1:
    case DataType::I4:
    case DataType::U4:
      return 4;
    case DataType::I2:
    case DataType::U2:
      return 2;
    default:
      return static_cast<int>(size_of(type)) * 8;
  }
}
std::string_view name_of(DataType type) {
  return traits(type).name;
}

std::optional<DataType> data_type_from_name(std::string_view name) {
  for (int i = 0; i < kDataTypeCount; ++i) {
    if (kTraits[i].name == name) return static_cast<DataType>(i);
  }
  return std::nullopt;
}

bool is_float(DataType type) {
  return type <= DataType::BF16 || is_small_float(type);
}
bool is_signed_integer(DataType type) {
  return (type >= DataType::I64 && type <= DataType::I8) || type == DataType::I4 || type == DataType::I2;
}
bool is_unsigned_integer(DataType type) {
  return (type >= DataType::U64 && type <= DataType::U8) || type == DataType::U4 || type == DataType::U2;
}

}  // namespace tn
