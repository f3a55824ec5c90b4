// SPDX-License-Identifier: Apache-2.0
#include "base/fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace tn {
namespace {

/// A visitor whose class `Derived` treats all field types alike, in `field(name, value)`.
template <typename Derived>
class Uniform : public FieldVisitor {
  template <typename T>
  void pass(std::string_view name, T& value) {
    static_cast<Derived*>(this)->field(name, value);
  }
  void operator()(std::string_view name, bool& value) final { pass(name, value); }
  void operator()(std::string_view name, int64_t& value) final { pass(name, value); }
  void operator()(std::string_view name, double& value) final { pass(name, value); }
  void operator()(std::string_view name, std::string& value) final { pass(name, value); }
  void operator()(std::string_view name, DataType& value) final { pass(name, value); }
  void operator()(std::string_view name, std::vector<int64_t>& value) final { pass(name, value); }
  void operator()(std::string_view name, std::vector<double>& value) final { pass(name, value); }
  void operator()(std::string_view name, std::vector<std::string>& value) final { pass(name, value); }
};

class Collect final : public Uniform<Collect> {
 public:
  FieldMap map;
  template <typename T>
  void field(std::string_view name, const T& value) {
    map.emplace(std::string(name), value);
  }
  void field(std::string_view name, DataType value) { field(name, std::string(name_of(value))); }

 private:
  uint8_t visit_enum(std::string_view name, uint8_t index, std::span<const std::string_view> names) override {
    field(name, std::string(names[index]));
    return index;
  }
};

class Assign final : public Uniform<Assign> {
 public:
  explicit Assign(const FieldMap& map) : map_(map) {}
  bool used_all() const { return used_ == map_.size(); }

  template <typename T>
  void field(std::string_view name, T& value) {
    const FieldValue* given = find(name);
    if (!given) return;
    if (const T* same = std::get_if<T>(given)) {
      value = *same;
      return;
    }
    if constexpr (std::is_same_v<T, double>) {
      value = static_cast<double>(as<int64_t>(name, *given));
    } else if constexpr (std::is_same_v<T, std::vector<double>>) {
      const auto& integers = as<std::vector<int64_t>>(name, *given);
      value.assign(integers.begin(), integers.end());
    } else {
      as<T>(name, *given);
    }
  }
  void field(std::string_view name, DataType& value) {
    const FieldValue* given = find(name);
    if (!given) return;
    const auto& text = as<std::string>(name, *given);
    const auto type = data_type_from_name(text);
    if (!type) throw Error(ErrorCode::InvalidArgument, "attribute '{}': no data type is called '{}'", name, text);
    value = *type;
  }

 private:
  uint8_t visit_enum(std::string_view name, uint8_t index, std::span<const std::string_view> names) override {
    const FieldValue* given = find(name);
    if (!given) return index;
    const auto& text = as<std::string>(name, *given);
    const auto found = std::find(names.begin(), names.end(), text);
    if (found == names.end()) throw Error(ErrorCode::InvalidArgument, "attribute '{}' cannot be '{}'", name, text);
    return static_cast<uint8_t>(found - names.begin());
  }
  const FieldValue* find(std::string_view name) {
    const auto found = map_.find(name);
    if (found == map_.end()) return nullptr;
    ++used_;
    return &found->second;
  }
  template <typename T>
  static const T& as(std::string_view name, const FieldValue& value) {
    if (const T* same = std::get_if<T>(&value)) return *same;
    throw Error(ErrorCode::InvalidArgument, "attribute '{}' has the wrong type", name);
  }

  const FieldMap& map_;
  size_t used_ = 0;
};

class Encode final : public Uniform<Encode> {
 public:
  ByteWriter out;
  template <typename T>
  void field(std::string_view, const T& value) {
    put(value);
  }

 private:
  uint8_t visit_enum(std::string_view, uint8_t index, std::span<const std::string_view>) override {
    put(index);
    return index;
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

class Decode final : public Uniform<Decode> {
 public:
  explicit Decode(std::span<const std::byte> bytes) : in_(bytes) {}
  bool done() const { return in_.done(); }

  template <typename T>
  void field(std::string_view name, T& value) {
    if constexpr (std::is_same_v<T, DataType>) {
      value = static_cast<DataType>(get_index(name, kDataTypeCount));
    } else if constexpr (std::is_same_v<T, bool>) {
      value = in_.get<uint8_t>() != 0;
    } else if constexpr (std::is_arithmetic_v<T>) {
      value = in_.get<T>();
    } else if constexpr (std::is_same_v<T, std::string>) {
      value = in_.get_text();
    } else {
      value.resize(in_.get_count(1));
      for (auto& item : value) field(name, item);
    }
  }

 private:
  uint8_t visit_enum(std::string_view name, uint8_t, std::span<const std::string_view> names) override {
    return get_index(name, names.size());
  }
  uint8_t get_index(std::string_view name, size_t limit) {
    const auto raw = in_.get<uint8_t>();
    if (raw >= limit) throw Error(ErrorCode::InvalidEngine, "attribute '{}' has the unknown value {}", name, raw);
    return raw;
  }
  ByteReader in_;
};

std::string print(bool value) {
  return value ? "true" : "false";
}
std::string print(int64_t value) {
  return fmt::format("{}", value);
}
// The shortest text that reads back as the same double; always with a point or exponent, so that it stays a double.
std::string print(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}
std::string print(const std::string& value) {
  std::string text = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') text += '\\';
    if (c == '\n')
      text += "\\n";
    else
      text += c;
  }
  return text + "\"";
}
template <typename T>
std::string print(const std::vector<T>& values) {
  std::string text = "[";
  for (size_t i = 0; i < values.size(); ++i) text += (i ? "," : "") + print(values[i]);
  return text + "]";
}

}  // namespace

FieldMap to_fields(const Fields& object) {
  Collect collect;
  object.visit(collect);
  return std::move(collect.map);
}

void from_fields(const FieldMap& map, const Fields& object) {
  Assign assign(map);
  object.visit(assign);
  if (assign.used_all()) return;
  const FieldMap known = to_fields(object);
  for (const auto& [name, value] : map) {
    if (!known.contains(name)) throw Error(ErrorCode::InvalidArgument, "unknown attribute '{}'", name);
  }
}

std::vector<std::byte> encode_fields(const Fields& object) {
  Encode encode;
  object.visit(encode);
  return encode.out.take();
}

void decode_fields(std::span<const std::byte> bytes, const Fields& object) {
  Decode decode(bytes);
  object.visit(decode);
  if (!decode.done()) throw Error(ErrorCode::InvalidEngine, "step parameters are longer than they should be");
}

std::string to_string(const FieldValue& value) {
  return std::visit([](const auto& v) { return print(v); }, value);
}

}  // namespace tn
