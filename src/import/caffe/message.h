// SPDX-License-Identifier: Apache-2.0
// A message of protobuf as a tree of named fields: what the text format and the wire format both become.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tn::import::caffe {

struct Field;

/// Fields by name; all values of a repeated field are together, in the order of the file. Reading a field that is
/// absent gives the fallback, of a repeated one the last value. All readers throw Error(InvalidModel) naming the field
/// where the file has a value of another kind.
class Message {
 public:
  bool has(std::string_view name) const { return find(name) != nullptr; }
  /// An empty message where there is none.
  const Message& child(std::string_view name) const;
  std::span<const Message> children(std::string_view name) const;
  std::string text(std::string_view name, std::string_view fallback = "") const;
  std::vector<std::string> texts(std::string_view name) const;
  double number(std::string_view name, double fallback) const;
  std::vector<double> numbers(std::string_view name) const;
  int64_t integer(std::string_view name, int64_t fallback) const;
  std::vector<int64_t> integers(std::string_view name) const;
  bool flag(std::string_view name, bool fallback) const;
  /// An enumeration, written as its name or its number: the index into `names` (empty names: numbers not in use).
  size_t choice(std::string_view name, std::initializer_list<std::string_view> names, size_t fallback) const;
  /// A repeated float or double field, of any form of storage.
  std::vector<float> floats(std::string_view name) const;
  /// How many floats() gives.
  size_t float_count(std::string_view name) const;

  Field& field(std::string_view name);
  const Field* find(std::string_view name) const;

 private:
  std::vector<Field> fields_;
};

struct Field {
  std::string name;
  std::vector<double> numbers;  ///< integers too: those of Caffe are below 2^53
  std::vector<std::string> texts;
  std::vector<Message> messages;
  std::vector<std::span<const std::byte>> packed;  ///< little-endian floats or doubles in the file's memory
  uint8_t packed_size = 4;                         ///< bytes of each
};

/// Files that hold more messages, or deeper ones, are refused.
inline constexpr int kMaxDepth = 32;
inline constexpr int kMaxMessages = 1 << 18;

/// Reads protobuf's text format. Any field name is accepted. Throws Error(InvalidModel) with line and column.
Message read_text(std::string_view text);

/// A message of the wire format: the fields that we know, by number.
struct Schema;
extern const Schema kNetSchema, kBlobSchema;
/// Reads the wire format; numbers that the schema lacks are skipped. The bytes must outlive the message. Throws
/// Error(InvalidModel).
Message read_wire(std::span<const std::byte> bytes, const Schema& schema);

/// Either format, whichever it is.
Message read_message(std::span<const std::byte> bytes, const Schema& schema);

}  // namespace tn::import::caffe
