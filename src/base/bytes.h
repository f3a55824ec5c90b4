// SPDX-License-Identifier: Apache-2.0
// Little-endian byte streams for parameters stored in a plan. The reader never reads past its end.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "base/error.h"

namespace tn {

static_assert(std::endian::native == std::endian::little, "plans are little-endian and read in place");

class ByteWriter {
 public:
  template <typename T>
  requires std::is_arithmetic_v<T>
  void put(T value) {
    const auto* bytes = reinterpret_cast<const std::byte*>(&value);
    data_.insert(data_.end(), bytes, bytes + sizeof(T));
  }
  void put_bytes(std::span<const std::byte> bytes) {
    put(static_cast<uint32_t>(bytes.size()));
    data_.insert(data_.end(), bytes.begin(), bytes.end());
  }
  void put_text(std::string_view text) { put_bytes(std::as_bytes(std::span(text.data(), text.size()))); }
  std::vector<std::byte> take() { return std::move(data_); }

 private:
  std::vector<std::byte> data_;
};

/// Throws Error(InvalidEngine) when the data end early.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> data) : data_(data) {}
  template <typename T>
  requires std::is_arithmetic_v<T> T get() {
    T value;
    std::memcpy(&value, need(sizeof(T)).data(), sizeof(T));
    return value;
  }
  /// A count of items that take at least `item_bytes` each, checked against what is left.
  size_t get_count(size_t item_bytes) {
    const size_t count = get<uint32_t>();
    if (count * item_bytes > data_.size())
      throw Error(ErrorCode::InvalidEngine, "a list of {} items ends early", count);
    return count;
  }
  std::span<const std::byte> get_bytes() { return need(get<uint32_t>()); }
  std::string get_text() {
    const auto bytes = get_bytes();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  bool done() const { return data_.empty(); }

 private:
  std::span<const std::byte> need(size_t bytes) {
    if (bytes > data_.size()) throw Error(ErrorCode::InvalidEngine, "step parameters end early");
    const auto head = data_.first(bytes);
    data_ = data_.subspan(bytes);
    return head;
  }
  std::span<const std::byte> data_;
};

}  // namespace tn
