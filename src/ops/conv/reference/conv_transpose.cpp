// SPDX-License-Identifier: Apache-2.0
#include "ops/conv/reference/conv_transpose.h"

namespace tn::ops {
namespace {

// The sum over all input positions and taps that reach one output element.
double gather_sum(const ConvTransposeAttributes& a, const TensorView& x, const TensorView& w, const Shape& out) {
  const int spatial = x.rank() - 2;
  const int64_t per_group = w.dims[1], channels = x.dims[1] / a.group, group = out[1] / per_group;
  Shape taps;
  for (int i = 0; i < spatial; ++i) taps.push_back(w.dims[2 + i]);
  double sum = 0;
  for (Walk tap(taps, {taps}); tap.more(); tap.next()) {
    int64_t xo = out[0] * x.strides[0], wo = (out[1] % per_group) * w.strides[1];
    bool reaches = true;
    for (int i = 0; i < spatial; ++i) {
      const auto axis = static_cast<size_t>(i);
      const int64_t at = out[2 + i] + a.pads[axis] - tap.index()[i] * a.dilations[axis];
      reaches = reaches && at >= 0 && at % a.strides[axis] == 0 && at / a.strides[axis] < x.dims[2 + i];
      xo += at / a.strides[axis] * x.strides[2 + i];
      wo += tap.index()[i] * w.strides[2 + i];
    }
    if (!reaches) continue;
    for (int64_t c = group * channels; c < (group + 1) * channels; ++c) {
      sum += load_double(x, xo + c * x.strides[1]) * load_double(w, wo + c * w.strides[0]);
    }
  }
  return sum;
}

}  // namespace

void conv_transpose(const ConvTransposeAttributes& a, std::span<const TensorView> inputs,
                    std::span<const TensorView> outputs) {
  const TensorView& y = outputs[0];
  const bool bias = inputs.size() > 2 && inputs[2].data != nullptr;
  a.check(inputs[0], inputs[1]);
  require(inputs[1].elements() > 0 || y.elements() == 0, "W is {}", to_string(inputs[1].dims));
  for (Walk walk(y.dims, {y.strides}); walk.more(); walk.next()) {
    double sum = gather_sum(a, inputs[0], inputs[1], walk.index());
    if (bias) sum += load_double(inputs[2], walk.index()[1] * inputs[2].strides[0]);
    store_double(y, walk.offset(0), sum);
  }
}

extern const ReferenceEntry conv_transpose_reference =
    make_reference<ConvTransposeAttributes, conv_transpose>("ConvTranspose", {2, 1});

}  // namespace tn::ops
