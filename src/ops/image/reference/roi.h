// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "ops/reference/reference.h"

namespace tn::ops {

struct MaxRoiPoolAttributes {
  int64_t height = 1, width = 1;  ///< of the result
  double scale = 1;               ///< from the regions' coordinates to the image's
  template <typename V>
  void fields(V& v) {
    v("height", height);
    v("width", width);
    v("scale", scale);
  }
};

enum class RoiMode : uint8_t { Average, Maximum };
inline constexpr std::array<std::string_view, 2> kRoiModes = {"avg", "max"};
inline std::span<const std::string_view> enum_names(RoiMode) {
  return kRoiModes;
}

struct RoiAlignAttributes {
  int64_t height = 1, width = 1;
  double scale = 1;
  RoiMode mode = RoiMode::Average;
  int64_t sampling_ratio = 0;  ///< samples along each axis of a bin; 0: as many as the bin has elements
  bool half_pixel = true;      ///< whether the center of element 0 lies at 0.5; if not, regions have extent 1 at least
  template <typename V>
  void fields(V& v) {
    v("height", height);
    v("width", width);
    v("scale", scale);
    v("mode", mode);
    v("sampling_ratio", sampling_ratio);
    v("half_pixel", half_pixel);
  }
};

}  // namespace tn::ops
