// SPDX-License-Identifier: Apache-2.0
// Attributes are named once. A struct says
//   template <typename V> void fields(V& v) { v("axis", axis); v("mode", mode); }
// and gets printing, parsing, equality and a byte form from the visitors here. Field types: bool, int64_t, double,
// std::string, DataType, std::vector of int64_t, double or std::string, and enums with `std::span<const
// std::string_view> enum_names(E)` found by argument-dependent lookup (names in the order of the values, which start at
// 0).
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/data_type.h"

namespace tn {

/// One attribute value in neutral form. Enums and DataType appear as their names.
using FieldValue = std::variant<bool, int64_t, double, std::string, std::vector<int64_t>, std::vector<double>,
                                std::vector<std::string>>;
/// Attributes by name.
using FieldMap = std::map<std::string, FieldValue, std::less<>>;

namespace detail {

template <typename E>
concept NamedEnum = std::is_enum_v<E> && requires(E e) {
  enum_names(e);
};

template <typename T>
FieldValue to_field(const T& value) {
  if constexpr (std::is_same_v<T, DataType>)
    return std::string(name_of(value));
  else if constexpr (NamedEnum<T>)
    return std::string(enum_names(value)[static_cast<size_t>(value)]);
  else
    return value;
}

template <typename T>
void from_field(std::string_view name, const FieldValue& field, T& value) {
  const auto mismatch = [&] { throw Error(ErrorCode::InvalidArgument, "attribute '{}' has the wrong type", name); };
  if constexpr (std::is_same_v<T, DataType> || NamedEnum<T>) {
    const auto* text = std::get_if<std::string>(&field);
    if (!text) return mismatch();
    if constexpr (std::is_same_v<T, DataType>) {
      const auto type = data_type_from_name(*text);
      if (!type) throw Error(ErrorCode::InvalidArgument, "attribute '{}': no data type is called '{}'", name, *text);
      value = *type;
    } else {
      const auto names = enum_names(value);
      for (size_t i = 0; i < names.size(); ++i) {
        if (names[i] == *text) {
          value = static_cast<T>(i);
          return;
        }
      }
      throw Error(ErrorCode::InvalidArgument, "attribute '{}' cannot be '{}'", name, *text);
    }
  } else if (const T* same = std::get_if<T>(&field)) {
    value = *same;
  } else if constexpr (std::is_same_v<T, double>) {
    const auto* integer = std::get_if<int64_t>(&field);
    if (!integer) return mismatch();
    value = static_cast<double>(*integer);
  } else if constexpr (std::is_same_v<T, std::vector<double>>) {
    const auto* integers = std::get_if<std::vector<int64_t>>(&field);
    if (!integers) return mismatch();
    value.assign(integers->begin(), integers->end());
  } else {
    mismatch();
  }
}

struct Collect {
  FieldMap map;
  template <typename T>
  void operator()(std::string_view name, const T& value) {
    map.emplace(std::string(name), to_field(value));
  }
};

struct Assign {
  const FieldMap& map;
  size_t used = 0;
  template <typename T>
  void operator()(std::string_view name, T& value) {
    const auto found = map.find(name);
    if (found == map.end()) return;
    ++used;
    from_field(name, found->second, value);
  }
};

struct Encode {
  ByteWriter out;
  template <typename T>
  void operator()(std::string_view, const T& value) {
    put(value);
  }
  template <typename T>
  void put(const T& value) {
    if constexpr (std::is_enum_v<T>)
      out.put(static_cast<uint8_t>(value));
    else if constexpr (std::is_arithmetic_v<T>)
      out.put(value);
    else if constexpr (std::is_same_v<T, std::string>)
      out.put_text(value);
    else {
      out.put(static_cast<uint32_t>(value.size()));
      for (const auto& item : value) put(item);
    }
  }
};

struct Decode {
  ByteReader in;
  template <typename T>
  void operator()(std::string_view name, T& value) {
    get(name, value);
  }
  template <typename T>
  void get(std::string_view name, T& value) {
    if constexpr (std::is_enum_v<T>) {
      const auto raw = in.get<uint8_t>();
      size_t limit = kDataTypeCount;
      if constexpr (!std::is_same_v<T, DataType>) limit = enum_names(value).size();
      if (raw >= limit) throw Error(ErrorCode::InvalidEngine, "attribute '{}' has the unknown value {}", name, raw);
      value = static_cast<T>(raw);
    } else if constexpr (std::is_same_v<T, bool>) {
      value = in.get<uint8_t>() != 0;
    } else if constexpr (std::is_arithmetic_v<T>) {
      value = in.get<T>();
    } else if constexpr (std::is_same_v<T, std::string>) {
      value = in.get_text();
    } else {
      value.resize(in.get_count(1));
      for (auto& item : value) get(name, item);
    }
  }
};

}  // namespace detail

template <typename T>
FieldMap to_fields(const T& object) {
  detail::Collect collect;
  const_cast<T&>(object).fields(collect);
  return std::move(collect.map);
}

/// Sets the named fields of an object, leaving others as they are. Throws Error(InvalidArgument) for an unknown name.
template <typename T>
void from_fields(const FieldMap& map, T& object) {
  detail::Assign assign{map};
  object.fields(assign);
  if (assign.used == map.size()) return;
  const FieldMap known = to_fields(object);
  for (const auto& [name, value] : map) {
    if (!known.contains(name)) throw Error(ErrorCode::InvalidArgument, "unknown attribute '{}'", name);
  }
}

template <typename T>
std::vector<std::byte> encode_fields(const T& object) {
  detail::Encode encode;
  const_cast<T&>(object).fields(encode);
  return encode.out.take();
}

/// Throws Error(InvalidEngine) if the bytes do not fit the struct exactly.
template <typename T>
T decode_fields(std::span<const std::byte> bytes) {
  T object{};
  detail::Decode decode{ByteReader(bytes)};
  object.fields(decode);
  if (!decode.in.done()) throw Error(ErrorCode::InvalidEngine, "step parameters are longer than they should be");
  return object;
}

/// Text of one attribute value as the graph text has it: true, 3, 0.5, "nearest", [1,2].
std::string to_string(const FieldValue& value);

}  // namespace tn
