// SPDX-License-Identifier: Apache-2.0
// Floats of 8 bits or fewer, as codes in a byte each. OCP 8-bit Floating Point Specification, OCP Microscaling Formats
// (E8M0, E2M3, E3M2, E2M1), and Noune et al. 2022 (FNUZ).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/data_type.h"

namespace tn {

/// The layout of a small float, E8M0 apart: sign, exponent, mantissa. Codes are of magnitudes; beyond `max` lie
/// `infinity` (0: there is none) and NaN.
struct SmallFloatFormat {
  int mantissa, bias;
  uint8_t sign;      ///< the bit
  uint8_t max;       ///< the largest finite number
  uint8_t infinity;  ///< 0: what is too large becomes NaN; without NaN the largest number
  uint8_t nan;       ///< 0: there is none, NaN becomes 0; the sign's bit: NaN stands where −0 would
};
SmallFloatFormat small_float_format(DataType type);

/// The value of a code; bits above those of the type do not count.
float small_float_value(DataType type, uint8_t code);
/// Rounds once, to nearest even; E8M0 rounds up to a power of two, and what is not positive becomes its least one.
uint8_t small_float_code(DataType type, double value);
/// The largest finite number.
double small_float_max(DataType type);

/// Elements that lie packed in bytes, the first in the lowest bits, as one byte each. `packed` holds all of them.
std::vector<std::byte> unpacked(DataType type, std::span<const std::byte> packed, int64_t elements);
/// Bytes that so many elements take when packed.
size_t packed_bytes(DataType type, int64_t elements);

}  // namespace tn
