// SPDX-License-Identifier: Apache-2.0
#include "ops/norm/reference/norm.h"

#include <algorithm>
#include <cmath>

#include "ops/shape/reference/element.h"

namespace tn::ops {
namespace {

TensorView broadcast_to(const TensorView& x, const Shape& dims) {
  return {x.data, x.type, dims, broadcast_strides(x.dims, x.strides, dims), x.bounds};
}

/// The part of a tensor behind one index of its leading axes.
Shape tail(const Shape& shape, int from) {
  return Shape(shape.span().subspan(static_cast<size_t>(from)));
}

struct Moments {
  double mean = 0, variance = 0;
};

Moments moments_of(const TensorView& x, const Shape& dims, const Shape& strides, int64_t base) {
  Moments result;
  const auto count = static_cast<double>(dims.elements());
  for (Walk walk(dims, {strides}); walk.more(); walk.next()) result.mean += load_double(x, base + walk.offset(0));
  result.mean /= count;
  for (Walk walk(dims, {strides}); walk.more(); walk.next()) {
    const double distance = load_double(x, base + walk.offset(0)) - result.mean;
    result.variance += distance * distance;
  }
  result.variance /= count;
  return result;
}

// y = (x − shift) · factor · scale + bias over the axes from `axis` on, with shift and factor from `parameters`.
template <typename Parameters>
void normalize(const NormAttributes& a, std::span<const TensorView> inputs, const TensorView& y,
               Parameters parameters) {
  const TensorView& x = inputs[0];
  const int axis = wrap_axis(a.axis, x.rank());
  require(y.dims == x.dims, "the result is {}, X is {}", to_string(y.dims), to_string(x.dims));
  const bool biased = is_present(inputs, 2);
  const TensorView scale = broadcast_to(inputs[1], x.dims);
  const TensorView bias = biased ? broadcast_to(inputs[2], x.dims) : scale;
  Shape outer = x.dims;
  for (int i = axis; i < x.rank(); ++i) outer[i] = 1;
  const Shape inner = tail(x.dims, axis), xs = tail(x.strides, axis);
  for (Walk row(outer, {x.strides, y.strides, scale.strides, bias.strides}); row.more(); row.next()) {
    const auto [shift, factor] = parameters(x, inner, xs, row.offset(0));
    for (Walk walk(inner, {xs, tail(y.strides, axis), tail(scale.strides, axis), tail(bias.strides, axis)});
         walk.more(); walk.next()) {
      double value = (load_double(x, row.offset(0) + walk.offset(0)) - shift) * factor;
      value *= load_double(scale, row.offset(2) + walk.offset(2));
      if (biased) value += load_double(bias, row.offset(3) + walk.offset(3));
      store_double(y, row.offset(1) + walk.offset(1), value);
    }
  }
}

}  // namespace

void layer_norm(const NormAttributes& a, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  normalize(a, inputs, outputs[0], [&](const TensorView& x, const Shape& dims, const Shape& strides, int64_t base) {
    const Moments moments = moments_of(x, dims, strides, base);
    return std::pair(moments.mean, 1 / std::sqrt(moments.variance + a.epsilon));
  });
}

void rms_norm(const NormAttributes& a, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  normalize(a, inputs, outputs[0], [&](const TensorView& x, const Shape& dims, const Shape& strides, int64_t base) {
    double sum = 0;
    for (Walk walk(dims, {strides}); walk.more(); walk.next()) {
      const double value = load_double(x, base + walk.offset(0));
      sum += value * value;
    }
    return std::pair(0.0, 1 / std::sqrt(sum / static_cast<double>(dims.elements()) + a.epsilon));
  });
}

void group_norm(const GroupNormAttributes& a, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  const TensorView &x = inputs[0], &scale = inputs[1], &bias = inputs[2], &y = outputs[0];
  if (x.elements() == 0) return;
  require(x.rank() >= 2 && y.dims == x.dims && a.num_groups > 0, "{} groups of X {}", a.num_groups, to_string(x.dims));
  const int64_t channels = x.dims[1] / a.num_groups;
  Shape dims = tail(x.dims, 1);
  dims[0] = channels;
  const Shape xs = tail(x.strides, 1), ys = tail(y.strides, 1);
  for (int64_t n = 0; n < x.dims[0]; ++n) {
    for (int64_t group = 0; group < a.num_groups; ++group) {
      const int64_t first = group * channels, from = n * x.strides[0] + first * x.strides[1];
      const int64_t to = n * y.strides[0] + first * y.strides[1];
      const Moments moments = moments_of(x, dims, xs, from);
      const double factor = 1 / std::sqrt(moments.variance + a.epsilon);
      for (Walk walk(dims, {xs, ys}); walk.more(); walk.next()) {
        const int64_t channel = first + walk.index()[0];
        const double value = (load_double(x, from + walk.offset(0)) - moments.mean) * factor;
        store_double(
            y, to + walk.offset(1),
            value * load_double(scale, channel * scale.strides[0]) + load_double(bias, channel * bias.strides[0]));
      }
    }
  }
}

void lrn(const LrnAttributes& a, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  const TensorView &x = inputs[0], &y = outputs[0];
  require(x.rank() >= 2 && a.size > 0, "{} channels of X {}", a.size, to_string(x.dims));
  for (Walk walk(x.dims, {x.strides, y.strides}); walk.more(); walk.next()) {
    const int64_t channel = walk.index()[1], first = std::max<int64_t>(0, channel - (a.size - 1) / 2);
    const int64_t last = std::min(x.dims[1] - 1, channel + a.size / 2);
    double sum = 0;
    for (int64_t c = first; c <= last; ++c) {
      const double value = load_double(x, walk.offset(0) + (c - channel) * x.strides[1]);
      sum += value * value;
    }
    const double divisor = std::pow(a.bias + a.alpha / static_cast<double>(a.size) * sum, a.beta);
    store_double(y, walk.offset(1), load_double(x, walk.offset(0)) / divisor);
  }
}

extern const ReferenceEntry layer_norm_reference =
    make_reference<NormAttributes, layer_norm>("LayerNormalization", {2, 1});
extern const ReferenceEntry rms_norm_reference = make_reference<NormAttributes, rms_norm>("RMSNormalization", {2, 1});
extern const ReferenceEntry group_norm_reference =
    make_reference<GroupNormAttributes, group_norm>("GroupNormalization", {3, 1});
extern const ReferenceEntry lrn_reference = make_reference<LrnAttributes, lrn>("LRN");

}  // namespace tn::ops
