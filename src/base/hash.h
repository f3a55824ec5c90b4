// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tn {

/// 128-bit XXH3 of some bytes. Not cryptographic: for keys and checksums.
struct Hash {
  uint64_t high = 0, low = 0;
  auto operator<=>(const Hash&) const = default;
  /// 32 lower-case hexadecimal digits.
  std::string hex() const;
};

Hash hash_bytes(std::span<const std::byte> bytes);
Hash hash_text(std::string_view text);

}  // namespace tn
