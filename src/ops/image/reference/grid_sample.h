// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "ops/image/reference/resize.h"

namespace tn::ops {

enum class BorderMode : uint8_t { Zeros, Border, Reflection };
inline constexpr std::array<std::string_view, 3> kBorderModes = {"zeros", "border", "reflection"};
inline std::span<const std::string_view> enum_names(BorderMode) {
  return kBorderModes;
}

struct GridSampleAttributes {
  ResizeMode mode = ResizeMode::Linear;
  BorderMode padding_mode = BorderMode::Zeros;
  bool align_corners = false;  ///< whether -1 and 1 mean the centers of the outer elements, else their outer edges
  template <typename V>
  void fields(V& v) {
    v("mode", mode);
    v("padding_mode", padding_mode);
    v("align_corners", align_corners);
  }
};

}  // namespace tn::ops
