// SPDX-License-Identifier: Apache-2.0
#include "base/data_type.h"

#include <array>

namespace tn {
namespace {

struct Traits {
  std::string_view name;
  size_t size;
};

constexpr std::array<Traits, kDataTypeCount> kTraits = {{{"f64", 8},
                                                         {"f32", 4},
                                                         {"f16", 2},
                                                         {"bf16", 2},
                                                         {"i64", 8},
                                                         {"i32", 4},
                                                         {"i16", 2},
                                                         {"i8", 1},
                                                         {"u64", 8},
                                                         {"u32", 4},
                                                         {"u16", 2},
                                                         {"u8", 1},
                                                         {"bool", 1}}};

const Traits& traits(DataType type) {
  return kTraits[static_cast<size_t>(type)];
}

}  // namespace

size_t size_of(DataType type) {
  return traits(type).size;
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
  return type <= DataType::BF16;
}
bool is_signed_integer(DataType type) {
  return type >= DataType::I64 && type <= DataType::I8;
}
bool is_unsigned_integer(DataType type) {
  return type >= DataType::U64 && type <= DataType::U8;
}

}  // namespace tn
