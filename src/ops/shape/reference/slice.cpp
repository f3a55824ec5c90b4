// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/error.h"
#include "ops/reference/reference.h"
#include "ops/shape/reference/element.h"

namespace tn::ops {
namespace {

int64_t element(const TensorView& view, int64_t index) {
  return load_int64(view, index * view.strides[0]);
}

int64_t clamp_position(int64_t position, int64_t extent, int64_t low, int64_t high) {
  return std::clamp(position < 0 ? position + extent : position, low, std::max(low, high));
}

TensorView slice_axis(const TensorView& x, int axis, int64_t start, int64_t end, int64_t step) {
  if (step == 0) throw Error(ErrorCode::InvalidArgument, "Slice: the step of axis {} is 0", axis);
  const int64_t extent = x.dims[axis];
  const bool forward = step > 0;
  const int64_t first =
      forward ? clamp_position(start, extent, 0, extent) : clamp_position(start, extent, 0, extent - 1);
  const int64_t last = forward ? clamp_position(end, extent, 0, extent) : clamp_position(end, extent, -1, extent - 1);
  // Both distances are at most the extent, so a step beyond it takes one element.
  const int64_t stride = std::clamp(step, -extent - 1, extent + 1);
  const int64_t room = forward ? last - first : first - last, size = forward ? stride : -stride;
  return sub_view(x, axis, first, room > 0 ? (room + size - 1) / size : 0, stride);
}

void slice(const NoAttributes&, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  TensorView x = inputs[0];
  for (int64_t i = 0; i < inputs[1].elements(); ++i) {
    const int axis = wrap_axis(is_present(inputs, 3) ? element(inputs[3], i) : i, x.rank());
    x = slice_axis(x, axis, element(inputs[1], i), element(inputs[2], i),
                   is_present(inputs, 4) ? element(inputs[4], i) : 1);
  }
  if (!(x.dims == outputs[0].dims)) {
    throw Error(ErrorCode::InvalidArgument, "Slice: the result is {}, {} was expected", to_string(x.dims),
                to_string(outputs[0].dims));
  }
  copy(x, outputs[0]);
}

}  // namespace

extern const ReferenceEntry slice_reference = make_reference<NoAttributes, slice>("Slice", {3, 1});

}  // namespace tn::ops
