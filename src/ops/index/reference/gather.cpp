// SPDX-License-Identifier: Apache-2.0
#include "ops/index/reference/gather.h"

#include "base/error.h"
#include "ops/shape/reference/element.h"

namespace tn::ops {

int64_t checked_index(const TensorView& indices, int64_t offset, int64_t extent) {
  const int64_t index = load_int64(indices, offset);
  if (index < -extent || index >= extent) {
    throw Error(ErrorCode::InvalidArgument, "index {} is outside an extent of {}", index, extent);
  }
  return index < 0 ? index + extent : index;
}

namespace {

void gather(const AxisAttributes& a, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  const TensorView &x = inputs[0], &indices = inputs[1], &y = outputs[0];
  const int axis = wrap_axis(a.axis, x.rank()), after = axis + indices.rank();
  for (Walk walk(y.dims, {y.strides}); walk.more(); walk.next()) {
    int64_t from = 0, at = 0;
    for (int i = 0; i < axis; ++i) from += walk.index()[i] * x.strides[i];
    for (int i = 0; i < indices.rank(); ++i) at += walk.index()[axis + i] * indices.strides[i];
    for (int i = axis + 1; i < x.rank(); ++i) from += walk.index()[after + i - axis - 1] * x.strides[i];
    from += checked_index(indices, at, x.dims[axis]) * x.strides[axis];
    copy_element(x, from, y, walk.offset(0));
  }
}

void gather_elements(const AxisAttributes& a, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  const TensorView &x = inputs[0], &indices = inputs[1], &y = outputs[0];
  const int axis = wrap_axis(a.axis, x.rank());
  for (Walk walk(y.dims, {x.strides, indices.strides, y.strides}); walk.more(); walk.next()) {
    const int64_t index = checked_index(indices, walk.offset(1), x.dims[axis]);
    const int64_t from = walk.offset(0) + (index - walk.index()[axis]) * x.strides[axis];
    copy_element(x, from, y, walk.offset(2));
  }
}

void gather_nd(const GatherNDAttributes& a, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  const TensorView &x = inputs[0], &indices = inputs[1], &y = outputs[0];
  const int batch = static_cast<int>(a.batch_dims), last = indices.rank() - 1;
  const int depth = static_cast<int>(indices.dims[last]);
  for (Walk walk(y.dims, {y.strides}); walk.more(); walk.next()) {
    int64_t from = 0, at = 0;
    for (int i = 0; i < last; ++i) at += walk.index()[i] * indices.strides[i];
    for (int i = 0; i < batch; ++i) from += walk.index()[i] * x.strides[i];
    for (int i = 0; i < depth; ++i) {
      from += checked_index(indices, at + i * indices.strides[last], x.dims[batch + i]) * x.strides[batch + i];
    }
    for (int i = batch + depth; i < x.rank(); ++i) from += walk.index()[last + i - batch - depth] * x.strides[i];
    copy_element(x, from, y, walk.offset(0));
  }
}

}  // namespace

extern const ReferenceEntry gather_reference = make_reference<AxisAttributes, gather>("Gather", {2, 1});
extern const ReferenceEntry gather_elements_reference =
    make_reference<AxisAttributes, gather_elements>("GatherElements", {2, 1});
extern const ReferenceEntry gather_nd_reference = make_reference<GatherNDAttributes, gather_nd>("GatherND", {2, 1});

}  // namespace tn::ops
