// SPDX-License-Identifier: Apache-2.0
#include "ops/conv/reference/conv.h"

#include <algorithm>

namespace tn::ops {

void ConvAttributes::check(const TensorView& x, const TensorView& w) const {
  const auto positive = [](int64_t value) { return value > 0; };
  require(x.rank() >= 2 && w.rank() == x.rank(), "X is {}, W is {}", to_string(x.dims), to_string(w.dims));
  const auto spatial = static_cast<size_t>(x.rank() - 2);
  require(strides.size() == spatial && dilations.size() == spatial && pads.size() == 2 * spatial,
          "a window of another rank than X, which is {}", to_string(x.dims));
  require(group > 0 && std::all_of(strides.begin(), strides.end(), positive), "groups or strides are not positive");
  require(w.elements() == 0 || (w.dims[0] >= group && x.dims[1] >= group), "{} groups of W {}", group,
          to_string(w.dims));
}

namespace {

// The sum over one window: all input channels of the group and all kernel taps that fall inside the image.
double window_sum(const ConvAttributes& a, const TensorView& x, const TensorView& w, const Shape& out) {
  const int spatial = x.rank() - 2;
  const int64_t m = out[1], channels = w.dims[1], group = m / (w.dims[0] / a.group);
  Shape taps;
  for (int i = 0; i < spatial; ++i) taps.push_back(w.dims[2 + i]);
  double sum = 0;
  for (Walk tap(taps, {taps}); tap.more(); tap.next()) {
    int64_t xo = out[0] * x.strides[0], wo = m * w.strides[0];
    bool inside = true;
    for (int i = 0; i < spatial; ++i) {
      const auto axis = static_cast<size_t>(i);
      const int64_t at = out[2 + i] * a.strides[axis] - a.pads[axis] + tap.index()[i] * a.dilations[axis];
      inside = inside && at >= 0 && at < x.dims[2 + i];
      xo += at * x.strides[2 + i];
      wo += tap.index()[i] * w.strides[2 + i];
    }
    if (!inside) continue;
    for (int64_t c = 0; c < channels; ++c) {
      sum += load_double(x, xo + (group * channels + c) * x.strides[1]) * load_double(w, wo + c * w.strides[1]);
    }
  }
  return sum;
}

}  // namespace

void conv(const ConvAttributes& a, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  const TensorView &x = inputs[0], &w = inputs[1], &y = outputs[0];
  const bool bias = inputs.size() > 2 && inputs[2].data != nullptr;
  a.check(x, w);
  require(w.elements() > 0 || y.elements() == 0, "W is {}", to_string(w.dims));
  for (Walk walk(y.dims, {y.strides}); walk.more(); walk.next()) {
    double sum = window_sum(a, x, w, walk.index());
    if (bias) sum += load_double(inputs[2], walk.index()[1] * inputs[2].strides[0]);
    store_double(y, walk.offset(0), sum);
  }
}

extern const ReferenceEntry conv_reference = make_reference<ConvAttributes, conv>("Conv", {2, 1});

}  // namespace tn::ops
