// SPDX-License-Identifier: Apache-2.0
#include "ops/pool/reference/pool.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tn::ops {
namespace {

/// One tap of a window: offset in X and position in its image.
struct Tap {
  int64_t offset;
  Shape position;
};

void check(const PoolAttributes& a, const TensorView& x) {
  const auto spatial = static_cast<size_t>(std::max(0, x.rank() - 2));
  require(a.kernel.size() == spatial && a.strides.size() == spatial && a.dilations.size() == spatial &&
              a.pads.size() == 2 * spatial,
          "a window of another rank than X, which is {}", to_string(x.dims));
}

// Calls visit(tap) for every tap of the window of `out` that lies inside the image. Returns how many taps lie inside
// the image or its padding.
template <typename Visit>
int64_t each_tap(const PoolAttributes& a, const TensorView& x, const Shape& out, Visit visit) {
  const int spatial = x.rank() - 2;
  const Shape kernel(a.kernel);
  int64_t padded = 0;
  for (Walk walk(kernel, {kernel}); walk.more(); walk.next()) {
    Tap tap{out[0] * x.strides[0] + out[1] * x.strides[1], {}};
    bool inside = true, in_padding = true;
    for (int i = 0; i < spatial; ++i) {
      const auto axis = static_cast<size_t>(i);
      const int64_t at = out[2 + i] * a.strides[axis] - a.pads[axis] + walk.index()[i] * a.dilations[axis];
      inside = inside && at >= 0 && at < x.dims[2 + i];
      in_padding = in_padding && at < x.dims[2 + i] + a.pads[axis + static_cast<size_t>(spatial)];
      tap.offset += at * x.strides[2 + i];
      tap.position.push_back(at);
    }
    padded += in_padding ? 1 : 0;
    if (inside) visit(tap);
  }
  return padded;
}

int64_t flat_position(const TensorView& x, const Shape& out, const Shape& position, bool column_major) {
  int64_t image = 1, flat = 0;
  const int spatial = position.rank();
  for (int i = 0; i < spatial; ++i) {
    const int axis = column_major ? i : spatial - 1 - i;
    flat += position[axis] * image;
    image *= x.dims[2 + axis];
  }
  return (out[0] * x.dims[1] + out[1]) * image + flat;
}

}  // namespace

void max_pool(const MaxPoolAttributes& a, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  const TensorView &x = inputs[0], &y = outputs[0];
  check(a, x);
  require(!a.indices || outputs.size() > 1, "no output for the indices");
  for (Walk walk(y.dims, {y.strides}); walk.more(); walk.next()) {
    double largest = -std::numeric_limits<double>::infinity();
    Tap best{-1, {}};
    each_tap(a, x, walk.index(), [&](const Tap& tap) {
      const double value = load_double(x, tap.offset);
      if (best.position.rank() > 0 && !(value > largest) && !std::isnan(value)) return;
      if (std::isnan(largest)) return;
      largest = value;
      best = tap;
    });
    store_double(y, walk.offset(0), largest);
    if (!a.indices) continue;
    const int64_t at = best.position.rank() > 0 ? flat_position(x, walk.index(), best.position, a.column_major) : 0;
    int64_t to = 0;
    for (int i = 0; i < y.rank(); ++i) to += walk.index()[i] * outputs[1].strides[i];
    store_int64(outputs[1], to, at);
  }
}

void average_pool(const AveragePoolAttributes& a, std::span<const TensorView> inputs,
                  std::span<const TensorView> outputs) {
  const TensorView &x = inputs[0], &y = outputs[0];
  check(a, x);
  for (Walk walk(y.dims, {y.strides}); walk.more(); walk.next()) {
    double sum = 0;
    int64_t count = 0;
    const int64_t padded = each_tap(a, x, walk.index(), [&](const Tap& tap) {
      sum += load_double(x, tap.offset);
      ++count;
    });
    store_double(y, walk.offset(0), sum / static_cast<double>(a.count_include_pad ? padded : count));
  }
}

void lp_pool(const LpPoolAttributes& a, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  const TensorView &x = inputs[0], &y = outputs[0];
  check(a, x);
  const auto p = static_cast<double>(a.p);
  for (Walk walk(y.dims, {y.strides}); walk.more(); walk.next()) {
    double sum = 0;
    each_tap(a, x, walk.index(), [&](const Tap& tap) { sum += std::pow(std::fabs(load_double(x, tap.offset)), p); });
    store_double(y, walk.offset(0), std::pow(sum, 1 / p));
  }
}

extern const ReferenceEntry max_pool_reference = make_reference<MaxPoolAttributes, max_pool>("MaxPool");
extern const ReferenceEntry average_pool_reference = make_reference<AveragePoolAttributes, average_pool>("AveragePool");
extern const ReferenceEntry lp_pool_reference = make_reference<LpPoolAttributes, lp_pool>("LpPool");

}  // namespace tn::ops
