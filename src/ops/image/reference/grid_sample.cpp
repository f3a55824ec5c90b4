// SPDX-License-Identifier: Apache-2.0
#include "ops/image/reference/grid_sample.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace tn::ops {
namespace {

double reflect(double x, double low, double high) {
  const double range = high - low;
  if (range <= 0) return low;
  const double distance = x < low ? low - x : x > high ? x - high : 0;
  if (distance == 0) return x;
  const double rest = std::fmod(distance, range);
  const bool back = std::fmod(std::floor(distance / range), 2) != 0;
  return (x < low) != back ? low + rest : high - rest;
}

// One axis of the image under the sampling rules.
struct SampledAxis {
  int64_t extent;
  const GridSampleAttributes* a;

  double low() const { return a->align_corners ? 0 : -0.5; }
  double high() const { return static_cast<double>(extent) - (a->align_corners ? 1 : 0.5); }

  double coordinate(double normalized) const {
    const auto size = static_cast<double>(extent);
    const double x = a->align_corners ? (normalized + 1) / 2 * (size - 1) : ((normalized + 1) * size - 1) / 2;
    if (x >= low() && x <= high()) return x;
    if (a->padding_mode == BorderMode::Border) return std::clamp(x, 0.0, size - 1);
    return a->padding_mode == BorderMode::Reflection ? reflect(x, low(), high()) : x;
  }
  // Index of an element, or -1 where zeros lie.
  int64_t index(int64_t at) const {
    if (at >= 0 && at < extent) return at;
    if (a->padding_mode == BorderMode::Zeros) return -1;
    if (a->padding_mode == BorderMode::Border) return std::clamp<int64_t>(at, 0, extent - 1);
    const auto folded = static_cast<int64_t>(reflect(static_cast<double>(at), low(), high()));
    return std::clamp<int64_t>(folded, 0, extent - 1);
  }
};

struct Taps {
  int64_t first = 0;
  std::vector<double> weights;
};

double cubic(double x) {
  constexpr double kA = -0.75;
  x = std::fabs(x);
  if (x <= 1) return ((kA + 2) * x - (kA + 3)) * x * x + 1;
  return x < 2 ? ((kA * x - 5 * kA) * x + 8 * kA) * x - 4 * kA : 0;
}

Taps taps_at(ResizeMode mode, double x) {
  constexpr double kFar = 1LL << 40;  // further out nothing changes, and integers hold it
  x = std::isnan(x) ? 0 : std::clamp(x, -kFar, kFar);
  if (mode == ResizeMode::Nearest) return {static_cast<int64_t>(std::nearbyint(x)), {1}};
  const auto left = static_cast<int64_t>(std::floor(x));
  const double ratio = x - static_cast<double>(left);
  if (mode == ResizeMode::Linear) return {left, {1 - ratio, ratio}};
  return {left - 1, {cubic(1 + ratio), cubic(ratio), cubic(1 - ratio), cubic(2 - ratio)}};
}

double sample(const TensorView& x, std::span<const SampledAxis> axes, std::span<const Taps> taps, int64_t offset) {
  if (axes.empty()) return load_double(x, offset);
  const int axis = x.rank() - static_cast<int>(axes.size());
  double sum = 0;
  for (size_t i = 0; i < taps[0].weights.size(); ++i) {
    const int64_t at = axes[0].index(taps[0].first + static_cast<int64_t>(i));
    if (at < 0) continue;
    sum += taps[0].weights[i] * sample(x, axes.subspan(1), taps.subspan(1), offset + at * x.strides[axis]);
  }
  return sum;
}

void grid_sample(const GridSampleAttributes& a, std::span<const TensorView> inputs,
                 std::span<const TensorView> outputs) {
  const TensorView &x = inputs[0], &grid = inputs[1], &y = outputs[0];
  const int spatial = x.rank() - 2;
  std::vector<SampledAxis> axes;
  for (int i = 0; i < spatial; ++i) axes.push_back({x.dims[2 + i], &a});
  std::vector<Taps> taps(axes.size());
  for (Walk walk(y.dims, {y.strides}); walk.more(); walk.next()) {
    int64_t at = walk.index()[0] * grid.strides[0];
    for (int i = 0; i < spatial; ++i) at += walk.index()[2 + i] * grid.strides[1 + i];
    for (int i = 0; i < spatial; ++i) {
      // The grid names the innermost axis first.
      const double normalized = load_double(grid, at + (spatial - 1 - i) * grid.strides[spatial + 1]);
      const auto axis = static_cast<size_t>(i);
      taps[axis] = taps_at(a.mode, axes[axis].coordinate(normalized));
    }
    const int64_t image = walk.index()[0] * x.strides[0] + walk.index()[1] * x.strides[1];
    store_double(y, walk.offset(0), sample(x, axes, taps, image));
  }
}

}  // namespace

extern const ReferenceEntry grid_sample_reference =
    make_reference<GridSampleAttributes, grid_sample>("GridSample", {2, 1});

}  // namespace tn::ops
