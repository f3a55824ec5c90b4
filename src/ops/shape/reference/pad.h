// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "ops/reference/reference.h"

namespace tn::ops {

enum class PadMode : uint8_t { Constant, Reflect, Edge, Wrap };
inline constexpr std::array<std::string_view, 4> kPadModes = {"constant", "reflect", "edge", "wrap"};
inline std::span<const std::string_view> enum_names(PadMode) {
  return kPadModes;
}

struct PadAttributes {
  PadMode mode = PadMode::Constant;
  template <typename V>
  void fields(V& v) {
    v("mode", mode);
  }
};

}  // namespace tn::ops
