// SPDX-License-Identifier: Apache-2.0
#include "ops/image/reference/resize.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "ops/shape/reference/element.h"

namespace tn::ops {

double common_scale(AspectPolicy policy, std::span<const int64_t> extents, std::span<const int64_t> sizes) {
  model_check(!sizes.empty() && sizes.size() == extents.size(), "{} sizes for {} axes", sizes.size(), extents.size());
  double scale = 0;
  for (size_t i = 0; i < sizes.size(); ++i) {
    const double own = static_cast<double>(sizes[i]) / static_cast<double>(extents[i]);
    if (i == 0)
      scale = own;
    else
      scale = policy == AspectPolicy::NotLarger ? std::min(scale, own) : std::max(scale, own);
  }
  return scale;
}

int64_t extent_of(double extent) {
  constexpr double kMost = int64_t{1} << 40;
  model_check(extent >= 0 && extent <= kMost, "an extent of {}", extent);
  return static_cast<int64_t>(extent);
}

int64_t scaled_extent(int64_t extent, double scale) {
  return extent_of(std::floor(static_cast<double>(extent) * scale + 0.5));
}

namespace {

// What one axis of the data becomes.
struct Axis {
  int64_t in = 1, out = 1;
  double scale = 1, roi_begin = 0, roi_end = 1;
};

// The elements of an axis that one index of the result is a weighted sum of.
struct Taps {
  std::vector<int64_t> index;
  std::vector<double> weight;
  bool outside = false;  ///< the crop lies outside of the image here
};

double coordinate(const ResizeAttributes& a, const Axis& axis, int64_t index) {
  const auto x = static_cast<double>(index);
  const double in = static_cast<double>(axis.in), out = axis.scale * in;
  switch (a.coordinate_transformation_mode) {
    case CoordinateMode::AlignCorners:
      return out == 1 ? 0 : x * (in - 1) / (out - 1);
    case CoordinateMode::Asymmetric:
      return x / axis.scale;
    case CoordinateMode::TfHalfPixelForNn:
      return (x + 0.5) / axis.scale;
    case CoordinateMode::PytorchHalfPixel:
      return axis.out == 1 ? -0.5 : (x + 0.5) / axis.scale - 0.5;
    case CoordinateMode::HalfPixel:
      return (x + 0.5) / axis.scale - 0.5;
    case CoordinateMode::HalfPixelSymmetric:
      return in / 2 * (1 - static_cast<double>(axis.out) / out) + (x + 0.5) / axis.scale - 0.5;
    case CoordinateMode::TfCropAndResize:
      break;
  }
  const double crop = axis.roi_end - axis.roi_begin;
  return axis.roi_begin * (in - 1) + (axis.out == 1 ? crop * (in - 1) / 2 : x * crop * (in - 1) / (out - 1));
}

double cubic_weight(double x, double a) {
  x = std::fabs(x);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

double nearest_weight(NearestMode mode, double ratio, int64_t tap) {
  bool upper = true;
  if (ratio != 1) {
    switch (mode) {
      case NearestMode::RoundPreferFloor:
        upper = ratio > 0.5;
        break;
      case NearestMode::RoundPreferCeil:
        upper = ratio >= 0.5;
        break;
      case NearestMode::Floor:
        upper = false;
        break;
      case NearestMode::Ceil:
        break;
    }
  }
  return upper == (tap == 1) ? 1 : 0;
}

// Follows ONNX's reference implementation: taps begin -> 1 - begin around the element left of the coordinate; the
// coordinate lies at `ratio` in (0, 1] behind it. Antialiasing stretches the filter by 1 / scale.
Taps taps_at(const ResizeAttributes& a, const Axis& axis, int64_t index) {
  constexpr double kFar = 1LL << 40;  // further out nothing changes, and integers hold it
  const double exact = coordinate(a, axis, index), x = std::isnan(exact) ? 0 : std::clamp(exact, -kFar, kFar);
  Taps taps;
  if (a.coordinate_transformation_mode == CoordinateMode::TfCropAndResize &&
      (x < 0 || x > static_cast<double>(axis.in - 1))) {
    taps.outside = true;
    return taps;
  }
  const auto left = static_cast<int64_t>(std::ceil(x)) - 1;
  const double ratio = x - static_cast<double>(left);
  const double stretch = a.antialias && a.mode != ResizeMode::Nearest ? std::min(axis.scale, 1.0) : 1;
  const double reach = a.mode == ResizeMode::Cubic ? 2 : 1;
  const auto begin = static_cast<int64_t>(std::floor(-reach / stretch)) + 1;
  double sum = 0;
  for (int64_t tap = begin; tap <= 1 - begin; ++tap) {
    const int64_t at = left + tap;
    const double distance = (static_cast<double>(tap) - ratio) * stretch;
    double weight = 0;
    if (a.mode == ResizeMode::Nearest)
      weight = nearest_weight(a.nearest_mode, ratio, tap);
    else if (a.mode == ResizeMode::Linear)
      weight = std::max(0.0, 1 - std::fabs(distance));
    else
      weight = cubic_weight(distance, a.cubic_coeff_a);
    if (a.exclude_outside && (at < 0 || at >= axis.in)) weight = 0;
    if (weight == 0) continue;
    taps.index.push_back(std::clamp<int64_t>(at, 0, axis.in - 1));
    taps.weight.push_back(weight);
    sum += weight;
  }
  for (double& weight : taps.weight) weight /= sum;
  return taps;
}

// Scale and crop of every axis from roi, scales and sizes.
std::vector<Axis> resolve_axes(const ResizeAttributes& a, std::span<const TensorView> inputs, const TensorView& y) {
  const TensorView& x = inputs[0];
  require(y.rank() == x.rank() && (x.elements() > 0 || y.elements() == 0), "X is {}, the result is {}",
          to_string(x.dims), to_string(y.dims));
  std::vector<Axis> axes(static_cast<size_t>(x.rank()));
  for (int i = 0; i < x.rank(); ++i) axes[static_cast<size_t>(i)] = {x.dims[i], y.dims[i]};
  std::vector<int64_t> named = a.axes, extents, sizes;
  if (named.empty()) {
    for (int i = 0; i < x.rank(); ++i) named.push_back(i);
  }
  const auto element = [&](size_t input, size_t i) {
    return load_double(inputs[input], static_cast<int64_t>(i) * inputs[input].strides[0]);
  };
  const bool scales = is_present(inputs, 2) && inputs[2].elements() > 0, by_sizes = !scales && is_present(inputs, 3);
  for (size_t i = 0; i < named.size(); ++i) {
    Axis& axis = axes[static_cast<size_t>(wrap_axis(named[i], x.rank()))];
    axis.scale = scales ? element(2, i) : static_cast<double>(axis.out) / static_cast<double>(axis.in);
    extents.push_back(axis.in);
    if (by_sizes) sizes.push_back(load_int64(inputs[3], static_cast<int64_t>(i) * inputs[3].strides[0]));
    if (!is_present(inputs, 1) || inputs[1].elements() == 0) continue;
    axis.roi_begin = element(1, i);
    axis.roi_end = element(1, named.size() + i);
  }
  if (by_sizes && a.keep_aspect_ratio_policy != AspectPolicy::Stretch) {
    const double scale = common_scale(a.keep_aspect_ratio_policy, extents, sizes);
    for (const int64_t axis : named) axes[static_cast<size_t>(wrap_axis(axis, x.rank()))].scale = scale;
  }
  constexpr double kMost = 1 << 24;
  for (const Axis& axis : axes) {
    require(y.elements() == 0 || (axis.scale > 1 / kMost && axis.scale < kMost), "a scale of {}", axis.scale);
  }
  return axes;
}

// Sums over the taps of the axes from `axis` on.
double weighted_sum(const TensorView& x, const std::vector<const Taps*>& taps, int axis, int64_t offset) {
  if (axis == x.rank()) return load_double(x, offset);
  const Taps& own = *taps[static_cast<size_t>(axis)];
  double sum = 0;
  for (size_t i = 0; i < own.index.size(); ++i) {
    sum += own.weight[i] * weighted_sum(x, taps, axis + 1, offset + own.index[i] * x.strides[axis]);
  }
  return sum;
}

void resize(const ResizeAttributes& a, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  const TensorView &x = inputs[0], &y = outputs[0];
  const std::vector<Axis> axes = resolve_axes(a, inputs, y);
  std::vector<std::vector<Taps>> table(axes.size());
  for (size_t i = 0; i < axes.size(); ++i) {
    const bool same = axes[i].scale == 1 && axes[i].in == axes[i].out && axes[i].roi_begin == 0 && axes[i].roi_end == 1;
    for (int64_t k = 0; k < axes[i].out; ++k) table[i].push_back(same ? Taps{{k}, {1}} : taps_at(a, axes[i], k));
  }
  std::vector<const Taps*> taps(axes.size());
  for (Walk walk(y.dims, {y.strides}); walk.more(); walk.next()) {
    bool outside = false;
    for (size_t i = 0; i < axes.size(); ++i) {
      taps[i] = &table[i][static_cast<size_t>(walk.index()[static_cast<int>(i)])];
      outside = outside || taps[i]->outside;
    }
    const double value = outside ? a.extrapolation_value : weighted_sum(x, taps, 0, 0);
    store_double(y, walk.offset(0), is_integer(y.type) ? std::nearbyint(value) : value);
  }
}

}  // namespace

extern const ReferenceEntry resize_reference = make_reference<ResizeAttributes, resize>("Resize");

}  // namespace tn::ops
