// SPDX-License-Identifier: Apache-2.0
#include "ops/image/reference/roi.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/index/reference/gather.h"

namespace tn::ops {
namespace {

using Views = std::span<const TensorView>;

/// One channel of an image.
struct Plane {
  const TensorView& x;
  int64_t offset;
  int64_t height() const { return x.dims[2]; }
  int64_t width() const { return x.dims[3]; }
  double at(int64_t row, int64_t column) const {
    return load_double(x, offset + row * x.strides[2] + column * x.strides[3]);
  }
};

Plane plane(const TensorView& x, int64_t image, int64_t channel) {
  return {x, image * x.strides[0] + channel * x.strides[1]};
}

/// The bins of one axis of a region and the samples in each.
struct Bins {
  double start, size;
  int64_t samples;
  double position(int64_t bin, int64_t sample) const {
    return start +
           size * (static_cast<double>(bin) + (static_cast<double>(sample) + 0.5) / static_cast<double>(samples));
  }
};

Bins bins(const RoiAlignAttributes& a, double from, double to, int64_t count) {
  const double shift = a.half_pixel ? 0.5 : 0, start = from * a.scale - shift;
  double extent = to * a.scale - shift - start;
  if (!a.half_pixel) extent = std::max(extent, 1.0);
  const double size = extent / static_cast<double>(count);
  constexpr double kMost = 1 << 16;
  require(!(std::ceil(size) > kMost), "a bin of {} elements", size);
  const int64_t adaptive = size > 0 ? static_cast<int64_t>(std::ceil(size)) : 0;
  return {start, size, a.sampling_ratio > 0 ? a.sampling_ratio : adaptive};
}

/// The two elements around a position along one axis. Weights are 0 outside.
struct Neighbours {
  int64_t low, high;
  double low_weight, high_weight;
};

Neighbours neighbours(double position, int64_t extent) {
  if (!(position >= -1 && position <= static_cast<double>(extent)) || extent == 0) return {0, 0, 0, 0};
  position = std::max(position, 0.0);
  const auto low = static_cast<int64_t>(position);
  if (low >= extent - 1) return {extent - 1, extent - 1, 1, 0};
  const double part = position - static_cast<double>(low);
  return {low, low + 1, 1 - part, part};
}

double align(const RoiAlignAttributes& a, const Plane& image, const Bins& rows, const Bins& columns, int64_t row,
             int64_t column) {
  double sum = 0, most = -std::numeric_limits<double>::infinity();
  for (int64_t i = 0; i < rows.samples; ++i) {
    const Neighbours y = neighbours(rows.position(row, i), image.height());
    for (int64_t j = 0; j < columns.samples; ++j) {
      const Neighbours x = neighbours(columns.position(column, j), image.width());
      if (image.height() == 0 || image.width() == 0) continue;
      const double parts[] = {y.low_weight * x.low_weight * image.at(y.low, x.low),
                              y.low_weight * x.high_weight * image.at(y.low, x.high),
                              y.high_weight * x.low_weight * image.at(y.high, x.low),
                              y.high_weight * x.high_weight * image.at(y.high, x.high)};
      sum += parts[0] + parts[1] + parts[2] + parts[3];
      most = std::max(most, *std::ranges::max_element(parts));
    }
  }
  const int64_t count = rows.samples * columns.samples;
  if (a.mode == RoiMode::Maximum) return count > 0 ? most : 0;
  return sum / static_cast<double>(std::max<int64_t>(count, 1));
}

void roi_align(const RoiAlignAttributes& a, Views inputs, Views outputs) {
  const TensorView &x = inputs[0], &rois = inputs[1], &images = inputs[2], &y = outputs[0];
  require(x.rank() == 4 && rois.rank() == 2 && images.rank() == 1 && y.rank() == 4, "an image of rank {}", x.rank());
  for (int64_t n = 0; n < y.dims[0]; ++n) {
    const int64_t image = checked_index(images, n * images.strides[0], x.dims[0]);
    const auto corner = [&](int64_t i) { return load_double(rois, n * rois.strides[0] + i * rois.strides[1]); };
    const Bins columns = bins(a, corner(0), corner(2), y.dims[3]), rows = bins(a, corner(1), corner(3), y.dims[2]);
    const Shape each = {y.dims[1], y.dims[2], y.dims[3]};
    for (Walk walk(each, {Shape{y.strides[1], y.strides[2], y.strides[3]}}); walk.more(); walk.next()) {
      const Shape& at = walk.index();
      store_double(y, n * y.strides[0] + walk.offset(0), align(a, plane(x, image, at[0]), rows, columns, at[1], at[2]));
    }
  }
}

// The elements [first, second) of bin `bin` of `count` between two coordinates, both inside the region.
std::pair<int64_t, int64_t> elements_of(double from, double to, double scale, int64_t bin, int64_t count,
                                        int64_t extent) {
  const double first = std::round(from * scale), last = std::round(to * scale);
  const double size = std::max(last - first + 1, 1.0) / static_cast<double>(count);
  const auto clamped = [&](double position) {
    return std::isnan(position) ? 0 : static_cast<int64_t>(std::clamp(position, 0.0, static_cast<double>(extent)));
  };
  return {clamped(first + std::floor(static_cast<double>(bin) * size)),
          clamped(first + std::ceil(static_cast<double>(bin + 1) * size))};
}

void max_roi_pool(const MaxRoiPoolAttributes& a, Views inputs, Views outputs) {
  const TensorView &x = inputs[0], &rois = inputs[1], &y = outputs[0];
  require(x.rank() == 4 && rois.rank() == 2 && y.rank() == 4, "an image of rank {}", x.rank());
  for (Walk walk(y.dims, {y.strides}); walk.more(); walk.next()) {
    const Shape& at = walk.index();
    const auto value = [&](int64_t i) { return load_double(rois, at[0] * rois.strides[0] + i * rois.strides[1]); };
    const double image = value(0);
    require(image >= 0 && image < static_cast<double>(x.dims[0]), "image {} of {}", image, x.dims[0]);
    const auto [top, bottom] = elements_of(value(2), value(4), a.scale, at[2], y.dims[2], x.dims[2]);
    const auto [left, right] = elements_of(value(1), value(3), a.scale, at[3], y.dims[3], x.dims[3]);
    const Plane channel = plane(x, static_cast<int64_t>(image), at[1]);
    double most = top < bottom && left < right ? -std::numeric_limits<double>::infinity() : 0;
    for (int64_t row = top; row < bottom; ++row) {
      for (int64_t column = left; column < right; ++column) most = std::max(most, channel.at(row, column));
    }
    store_double(y, walk.offset(0), most);
  }
}

}  // namespace

extern const ReferenceEntry roi_align_reference = make_reference<RoiAlignAttributes, roi_align>("RoiAlign", {3, 1});
extern const ReferenceEntry max_roi_pool_reference =
    make_reference<MaxRoiPoolAttributes, max_roi_pool>("MaxRoiPool", {2, 1});

}  // namespace tn::ops
