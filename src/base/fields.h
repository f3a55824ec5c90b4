// SPDX-License-Identifier: Apache-2.0
// Attributes are named once. A struct says
//   template <typename V> void fields(V& v) { v("axis", axis); v("mode", mode); }
// and gets printing, parsing, equality and a byte form from the functions here, which call it with a FieldVisitor.
// Field types: bool, int64_t, double, std::string, DataType, std::vector of int64_t, double or std::string, and enums
// with `std::span<const std::string_view> enum_names(E)` found by argument-dependent lookup (names in the order of the
// values, which start at 0).
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
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

template <typename E>
concept NamedEnum = std::is_enum_v<E> && requires(E e) {
  enum_names(e);
};

/// Reads or changes the fields of a struct, one after another.
class FieldVisitor {
 public:
  virtual ~FieldVisitor() = default;
  virtual void operator()(std::string_view name, bool& value) = 0;
  virtual void operator()(std::string_view name, int64_t& value) = 0;
  virtual void operator()(std::string_view name, double& value) = 0;
  virtual void operator()(std::string_view name, std::string& value) = 0;
  virtual void operator()(std::string_view name, DataType& value) = 0;
  virtual void operator()(std::string_view name, std::vector<int64_t>& value) = 0;
  virtual void operator()(std::string_view name, std::vector<double>& value) = 0;
  virtual void operator()(std::string_view name, std::vector<std::string>& value) = 0;
  template <NamedEnum E>
  void operator()(std::string_view name, E& value) {
    const auto index = static_cast<uint8_t>(value);
    const uint8_t changed = visit_enum(name, index, enum_names(value));
    if (changed != index) value = static_cast<E>(changed);
  }

 private:
  /// Takes the number of a value and returns the number that it shall have.
  virtual uint8_t visit_enum(std::string_view name, uint8_t index, std::span<const std::string_view> names) = 0;
};

/// The fields of some struct, without its type. Refers to the struct.
class Fields {
 public:
  template <typename T>
  explicit Fields(T& object)
      : object_(&object), visit_([](void* of, FieldVisitor& visitor) { static_cast<T*>(of)->fields(visitor); }) {}
  void visit(FieldVisitor& visitor) const { visit_(object_, visitor); }

 private:
  void* object_;
  void (*visit_)(void* object, FieldVisitor& visitor);
};

FieldMap to_fields(const Fields& object);
void from_fields(const FieldMap& map, const Fields& object);
std::vector<std::byte> encode_fields(const Fields& object);
void decode_fields(std::span<const std::byte> bytes, const Fields& object);

template <typename T>
FieldMap to_fields(const T& object) {
  return to_fields(Fields(const_cast<T&>(object)));
}

/// Sets the named fields of an object, leaving others as they are. Throws Error(InvalidArgument) for an unknown name.
template <typename T>
void from_fields(const FieldMap& map, T& object) {
  from_fields(map, Fields(object));
}

template <typename T>
std::vector<std::byte> encode_fields(const T& object) {
  return encode_fields(Fields(const_cast<T&>(object)));
}

/// Throws Error(InvalidEngine) if the bytes do not fit the struct exactly.
template <typename T>
T decode_fields(std::span<const std::byte> bytes) {
  T object{};
  decode_fields(bytes, Fields(object));
  return object;
}

/// Text of one attribute value as the graph text has it: true, 3, 0.5, "nearest", [1,2].
std::string to_string(const FieldValue& value);

}  // namespace tn
