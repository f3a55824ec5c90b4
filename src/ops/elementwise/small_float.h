// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "expr/expr.h"

namespace tn::ops {

/// Which of its two neighbours a number becomes in E8M0; the other small floats round to nearest even.
enum class PowerOfTwo : uint8_t { Up, Down, Nearest };
inline std::span<const std::string_view> enum_names(PowerOfTwo) {
  static constexpr std::array<std::string_view, 3> kNames = {"up", "down", "nearest"};
  return kNames;
}

/// x as the nearest small float of the type, in f32. What is too large becomes the largest number or, without
/// `saturate`, infinity or NaN.
Expr to_small_float(const Expr& x, DataType type, bool saturate, PowerOfTwo rounding = PowerOfTwo::Up);

}  // namespace tn::ops
