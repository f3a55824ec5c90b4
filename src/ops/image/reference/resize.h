// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <vector>

#include "ops/reference/reference.h"

namespace tn::ops {

enum class ResizeMode : uint8_t { Nearest, Linear, Cubic };
/// How an index of the result becomes a coordinate of the data.
enum class CoordinateMode : uint8_t {
  HalfPixel,
  HalfPixelSymmetric,
  PytorchHalfPixel,
  AlignCorners,
  Asymmetric,
  TfHalfPixelForNn,
  TfCropAndResize
};
enum class NearestMode : uint8_t { RoundPreferFloor, RoundPreferCeil, Floor, Ceil };
enum class AspectPolicy : uint8_t { Stretch, NotLarger, NotSmaller };

inline constexpr std::array<std::string_view, 3> kResizeModes = {"nearest", "linear", "cubic"};
inline constexpr std::array<std::string_view, 7> kCoordinateModes = {
    "half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners",
    "asymmetric", "tf_half_pixel_for_nn", "tf_crop_and_resize"};
inline constexpr std::array<std::string_view, 4> kNearestModes = {"round_prefer_floor", "round_prefer_ceil", "floor",
                                                                  "ceil"};
inline constexpr std::array<std::string_view, 3> kAspectPolicies = {"stretch", "not_larger", "not_smaller"};
inline std::span<const std::string_view> enum_names(ResizeMode) {
  return kResizeModes;
}
inline std::span<const std::string_view> enum_names(CoordinateMode) {
  return kCoordinateModes;
}
inline std::span<const std::string_view> enum_names(NearestMode) {
  return kNearestModes;
}
inline std::span<const std::string_view> enum_names(AspectPolicy) {
  return kAspectPolicies;
}

/// ONNX's attributes of Resize.
struct ResizeAttributes {
  ResizeMode mode = ResizeMode::Nearest;
  CoordinateMode coordinate_transformation_mode = CoordinateMode::HalfPixel;
  NearestMode nearest_mode = NearestMode::RoundPreferFloor;
  double cubic_coeff_a = -0.75;
  bool exclude_outside = false;
  double extrapolation_value = 0;
  bool antialias = false;
  AspectPolicy keep_aspect_ratio_policy = AspectPolicy::Stretch;
  std::vector<int64_t> axes;  ///< the axes that roi, scales and sizes speak of; empty: all
  template <typename V>
  void fields(V& v) {
    v("mode", mode);
    v("coordinate_transformation_mode", coordinate_transformation_mode);
    v("nearest_mode", nearest_mode);
    v("cubic_coeff_a", cubic_coeff_a);
    v("exclude_outside", exclude_outside);
    v("extrapolation_value", extrapolation_value);
    v("antialias", antialias);
    v("keep_aspect_ratio_policy", keep_aspect_ratio_policy);
    v("axes", axes);
  }
};

/// The one scale that a policy other than Stretch gives all axes. Throws Error(InvalidModel) without axes.
double common_scale(AspectPolicy policy, std::span<const int64_t> extents, std::span<const int64_t> sizes);
/// A computed extent as an integer. Throws Error(InvalidModel) for one that no tensor has.
int64_t extent_of(double extent);
/// An extent under common_scale: rounded half up. Throws as extent_of does.
int64_t scaled_extent(int64_t extent, double scale);

}  // namespace tn::ops
