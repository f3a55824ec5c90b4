// SPDX-License-Identifier: Apache-2.0
// protobuf's wire format: https://protobuf.dev/programming-guides/encoding/
#include <algorithm>
#include <bit>
#include <cstring>

#include "base/error.h"
#include "import/caffe/message.h"
#include "import/caffe/schema.h"

namespace tn::import::caffe {
namespace {

enum Wire : uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

class WireReader {
 public:
  Message read(std::span<const std::byte> bytes, const Schema& schema, int depth) {
    check(depth <= kMaxDepth, "messages are nested too deep");
    check(++messages_ <= kMaxMessages, "too many messages");
    Message message;
    while (!bytes.empty()) {
      const uint64_t key = varint(bytes);
      const auto number = static_cast<uint32_t>(key >> 3);
      check(key >> 3 != 0 && key >> 32 == 0, "a field has no valid number");
      const auto found = std::ranges::find(schema.fields, number, &SchemaField::number);
      const SchemaField* field = found == schema.fields.end() ? nullptr : &*found;
      read_field(bytes, static_cast<uint32_t>(key & 7), field, message, depth);
    }
    return message;
  }

 private:
  static void check(bool condition, std::string_view what) {
    model_check(condition, "not a network of Caffe, or a truncated one: {}", what);
  }

  static std::span<const std::byte> take(std::span<const std::byte>& bytes, uint64_t count) {
    check(count <= bytes.size(), "a field is longer than its message");
    const auto taken = bytes.first(count);
    bytes = bytes.subspan(count);
    return taken;
  }

  static uint64_t varint(std::span<const std::byte>& bytes) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<uint64_t>(take(bytes, 1)[0]);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw Error(ErrorCode::InvalidModel, "not a network of Caffe: an integer has more than 64 bits");
  }

  template <typename T>
  static T fixed(std::span<const std::byte> bytes) {
    T value;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }

  void read_field(std::span<const std::byte>& bytes, uint32_t wire, const SchemaField* field, Message& message,
                  int depth) {
    switch (wire) {
      case kVarint: {
        const auto value = static_cast<int64_t>(varint(bytes));
        if (!field) return;
        check(field->kind == Kind::Integer, field->name);
        message.field(field->name).numbers.push_back(static_cast<double>(value));
        return;
      }
      case kFixed64: {
        const auto value = take(bytes, sizeof(double));
        if (!field) return;
        check(field->kind == Kind::Double, field->name);
        message.field(field->name).numbers.push_back(fixed<double>(value));
        return;
      }
      case kFixed32: {
        const auto value = take(bytes, sizeof(float));
        if (!field) return;
        check(field->kind == Kind::Float, field->name);
        message.field(field->name).numbers.push_back(static_cast<double>(fixed<float>(value)));
        return;
      }
      case kBytes: {
        const auto content = take(bytes, varint(bytes));
        if (field) read_content(content, *field, message, depth);
        return;
      }
      default:
        check(false, "a field of an unknown kind");
    }
  }

  void read_content(std::span<const std::byte> content, const SchemaField& field, Message& message, int depth) {
    Field& to = message.field(field.name);
    switch (field.kind) {
      case Kind::Text:
        to.texts.emplace_back(reinterpret_cast<const char*>(content.data()), content.size());
        return;
      case Kind::Message:
        to.messages.push_back(read(content, *field.message, depth + 1));
        return;
      case Kind::Integer:
        while (!content.empty()) to.numbers.push_back(static_cast<double>(static_cast<int64_t>(varint(content))));
        return;
      case Kind::Float:
      case Kind::Double:
        to.packed_size = field.kind == Kind::Float ? sizeof(float) : sizeof(double);
        check(content.size() % to.packed_size == 0, "packed numbers have a fraction of one");
        to.packed.push_back(content);
        return;
    }
  }

  int messages_ = 0;
};

}  // namespace

Message read_wire(std::span<const std::byte> bytes, const Schema& schema) {
  return WireReader().read(bytes, schema, 0);
}

Message read_message(std::span<const std::byte> bytes, const Schema& schema) {
  // A binary net begins with a field key followed by a length or number: below the space, or a NUL soon.
  constexpr size_t kLooked = 512;
  const auto head = bytes.first(std::min(bytes.size(), kLooked));
  const bool text = std::ranges::all_of(head, [](std::byte b) {
    const auto c = std::to_integer<unsigned char>(b);
    return c >= 0x20 || (c >= '\t' && c <= '\r');
  });
  if (bytes.empty()) throw Error(ErrorCode::InvalidModel, "the file is empty");
  const std::string_view all(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!text) return read_wire(bytes, schema);
  // A byte order mark is no part of the text.
  return read_text(all.starts_with("\xEF\xBB\xBF") ? all.substr(3) : all);
}

}  // namespace tn::import::caffe
