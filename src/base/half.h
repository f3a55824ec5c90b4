// SPDX-License-Identifier: Apache-2.0
// Storage types of the two 16-bit floats. Conversions round to nearest even, as IEEE 754 asks.
#pragma once

#include <bit>
#include <cstdint>

namespace tn {

struct Half {
  uint16_t bits = 0;
  Half() = default;
  explicit Half(float value);
  explicit operator float() const;
};

struct BFloat16 {
  uint16_t bits = 0;
  BFloat16() = default;
  explicit BFloat16(float value);
  explicit operator float() const { return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16); }
};

/// Rounds a double once (never through float, which would round twice).
Half half_from_double(double value);
BFloat16 bfloat16_from_double(double value);

}  // namespace tn
