// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "ops/index/reference/gather.h"

namespace tn::ops {

/// What becomes of an element that is there and an update.
enum class ScatterReduction : uint8_t { None, Add, Mul, Max, Min };
inline constexpr std::array<std::string_view, 5> kScatterReductions = {"none", "add", "mul", "max", "min"};
inline std::span<const std::string_view> enum_names(ScatterReduction) {
  return kScatterReductions;
}

struct ScatterElementsAttributes {
  int64_t axis = 0;
  ScatterReduction reduction = ScatterReduction::None;
  template <typename V>
  void fields(V& v) {
    v("axis", axis);
    v("reduction", reduction);
  }
};

struct ScatterNDAttributes {
  ScatterReduction reduction = ScatterReduction::None;
  template <typename V>
  void fields(V& v) {
    v("reduction", reduction);
  }
};

}  // namespace tn::ops
