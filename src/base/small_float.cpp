// SPDX-License-Identifier: Apache-2.0
#include "base/small_float.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"

namespace tn {
namespace {

constexpr uint8_t kE8M0Nan = 255;

float e8m0_value(uint8_t code) {
  return code == kE8M0Nan ? std::numeric_limits<float>::quiet_NaN() : std::ldexp(1.0f, code - 127);
}

uint8_t e8m0_code(double value) {
  if (std::isnan(value)) return kE8M0Nan;
  if (value <= 0x1p-127) return 0;
  if (value > 0x1p127) return kE8M0Nan;
  int exponent = 0;
  const bool is_power = std::frexp(value, &exponent) == 0.5;  // value = fraction · 2^exponent, fraction in [1/2, 1)
  return static_cast<uint8_t>(exponent + 127 - (is_power ? 1 : 0));
}

// The code of the nearest number, which may lie beyond the largest.
int magnitude_code(const SmallFloatFormat& format, double value) {
  constexpr double kTooLarge = 0x1p20;
  if (value == 0) return 0;
  if (value >= kTooLarge) return format.sign;
  int exponent = 0;
  std::frexp(value, &exponent);
  const int step = std::max(exponent - 1, 1 - format.bias) - format.mantissa;  // neighbours differ by 2^step
  const int steps = static_cast<int>(std::nearbyint(std::ldexp(value, -step)));
  return ((step + format.mantissa + format.bias - 1) << format.mantissa) + steps;
}

}  // namespace

SmallFloatFormat small_float_format(DataType type) {
  switch (type) {
    case DataType::F8E4M3FN:
      return {3, 7, 0x80, 0x7e, 0, 0x7f};
    case DataType::F8E4M3FNUZ:
      return {3, 8, 0x80, 0x7f, 0, 0x80};
    case DataType::F8E5M2:
      return {2, 15, 0x80, 0x7b, 0x7c, 0x7e};
    case DataType::F8E5M2FNUZ:
      return {2, 16, 0x80, 0x7f, 0, 0x80};
    case DataType::F6E2M3:
      return {3, 1, 0x20, 0x1f, 0, 0};
    case DataType::F6E3M2:
      return {2, 3, 0x20, 0x1f, 0, 0};
    case DataType::F4E2M1:
      return {1, 1, 0x08, 0x07, 0, 0};
    default:
      throw Error(ErrorCode::Internal, "{} is no small float with a sign", name_of(type));
  }
}

float small_float_value(DataType type, uint8_t code) {
  if (type == DataType::F8E8M0) return e8m0_value(code);
  const SmallFloatFormat format = small_float_format(type);
  const int magnitude = code & (format.sign - 1);
  const bool negative = (code & format.sign) != 0;
  if (magnitude > format.max || (negative && magnitude == 0 && format.nan == format.sign)) {
    if (magnitude != format.infinity || format.infinity == 0) return std::numeric_limits<float>::quiet_NaN();
    return negative ? -std::numeric_limits<float>::infinity() : std::numeric_limits<float>::infinity();
  }
  const int exponent = magnitude >> format.mantissa, unit = 1 << format.mantissa;
  const int digits = magnitude % unit + (exponent > 0 ? unit : 0);
  const float value = std::ldexp(static_cast<float>(digits), std::max(exponent, 1) - format.bias - format.mantissa);
  return negative ? -value : value;
}

uint8_t small_float_code(DataType type, double value) {
  if (type == DataType::F8E8M0) return e8m0_code(value);
  const SmallFloatFormat format = small_float_format(type);
  int code = std::isnan(value) ? format.nan : magnitude_code(format, std::fabs(value));
  if (!std::isnan(value) && code > format.max)
    code = format.infinity != 0 ? format.infinity : format.nan != 0 ? format.nan : format.max;
  const bool has_sign = format.nan != format.sign || (code != 0 && code != format.nan);
  return static_cast<uint8_t>(code | (has_sign && std::signbit(value) ? format.sign : 0));
}

double small_float_max(DataType type) {
  return type == DataType::F8E8M0 ? 0x1p127 : small_float_value(type, small_float_format(type).max);
}

size_t packed_bytes(DataType type, int64_t elements) {
  return (static_cast<size_t>(elements) * static_cast<size_t>(bits_of(type)) + 7) / 8;
}

std::vector<std::byte> unpacked(DataType type, std::span<const std::byte> packed, int64_t elements) {
  const auto bits = static_cast<size_t>(bits_of(type));
  const int unused = 8 - static_cast<int>(bits);
  std::vector<std::byte> result(static_cast<size_t>(elements));
  for (size_t i = 0; i < result.size(); ++i) {
    const size_t first = i * bits / 8, shift = i * bits % 8;
    unsigned pair = std::to_integer<unsigned>(packed[first]);
    if (shift + bits > 8) pair |= std::to_integer<unsigned>(packed[first + 1]) << 8;
    const auto high = static_cast<uint8_t>((pair >> shift) << unused);
    result[i] = is_signed_integer(type) ? static_cast<std::byte>(static_cast<int8_t>(high) >> unused)
                                        : static_cast<std::byte>(high >> unused);
  }
  return result;
}

}  // namespace tn
