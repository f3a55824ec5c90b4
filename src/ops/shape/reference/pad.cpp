// SPDX-License-Identifier: Apache-2.0
#include "ops/shape/reference/pad.h"

#include <algorithm>

#include "ops/shape/reference/element.h"

namespace tn::ops {
namespace {

// Where position `at` of an axis (which may lie outside of [0, extent)) reads from; -1 for the constant.
int64_t source(PadMode mode, int64_t at, int64_t extent) {
  if (at >= 0 && at < extent) return at;
  if (extent == 0) return -1;
  switch (mode) {
    case PadMode::Constant:
      return -1;
    case PadMode::Edge:
      return std::clamp<int64_t>(at, 0, extent - 1);
    case PadMode::Wrap:
      return ((at % extent) + extent) % extent;
    case PadMode::Reflect:
      break;
  }
  const int64_t period = std::max<int64_t>(1, 2 * (extent - 1));
  const int64_t folded = ((at % period) + period) % period;
  return folded < extent ? folded : period - folded;
}

void pad(const PadAttributes& a, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  const TensorView &x = inputs[0], &pads = inputs[1], &y = outputs[0];
  const bool some = is_present(inputs, 3), value = is_present(inputs, 2);
  Shape begins = Shape::filled(x.rank(), 0);
  for (int64_t i = 0; i < pads.elements() / 2; ++i) {
    const int axis = wrap_axis(some ? load_int64(inputs[3], i * inputs[3].strides[0]) : i, x.rank());
    begins[axis] = load_int64(pads, i * pads.strides[0]);
  }
  for (Walk walk(y.dims, {y.strides}); walk.more(); walk.next()) {
    int64_t from = 0;
    bool inside = true;
    for (int axis = 0; axis < x.rank() && inside; ++axis) {
      const int64_t at = source(a.mode, wrapping_sub(walk.index()[axis], begins[axis]), x.dims[axis]);
      inside = at >= 0;
      from += at * x.strides[axis];
    }
    if (inside)
      copy_element(x, from, y, walk.offset(0));
    else if (value)
      copy_element(inputs[2], 0, y, walk.offset(0));
    else
      store_int64(y, walk.offset(0), 0);
  }
}

}  // namespace

extern const ReferenceEntry pad_reference = make_reference<PadAttributes, pad>("Pad", {2, 1});

}  // namespace tn::ops
