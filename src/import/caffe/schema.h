// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace tn::import::caffe {

enum class Kind : uint8_t { Integer, Float, Double, Text, Message };

struct Schema;

struct SchemaField {
  uint32_t number;
  std::string_view name;
  Kind kind = Kind::Integer;
  const Schema* message = nullptr;
};

struct Schema {
  std::span<const SchemaField> fields;
};

}  // namespace tn::import::caffe
