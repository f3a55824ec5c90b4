// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/error.h"

namespace tn {

/// The numbers of a file in either byte order. Throws Error(InvalidArgument) for what lies behind its end.
class Numbers {
 public:
  Numbers(std::span<const std::byte> bytes, bool big_endian) : bytes_(bytes), big_(big_endian) {}

  uint8_t u8(size_t at) const { return static_cast<uint8_t>(number(at, 1)); }
  uint16_t u16(size_t at) const { return static_cast<uint16_t>(number(at, 2)); }
  uint32_t u32(size_t at) const { return number(at, 4); }
  int32_t i32(size_t at) const { return static_cast<int32_t>(number(at, 4)); }
  std::span<const std::byte> part(size_t at, size_t size) const {
    if (at > bytes_.size() || size > bytes_.size() - at)
      throw Error(ErrorCode::InvalidArgument, "damaged image: the file ends early");
    return bytes_.subspan(at, size);
  }

 private:
  uint32_t number(size_t at, size_t size) const {
    uint32_t value = 0;
    const auto digits = part(at, size);
    for (size_t i = 0; i < size; ++i) value = value << 8 | static_cast<uint32_t>(digits[big_ ? i : size - 1 - i]);
    return value;
  }
  std::span<const std::byte> bytes_;
  bool big_;
};

}  // namespace tn
