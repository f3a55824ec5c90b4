// SPDX-License-Identifier: Apache-2.0
#include "ops/reference/reference.h"
#include "ops/shape/reference/element.h"

namespace tn::ops {
namespace {

void expand(const NoAttributes&, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  TensorView x = inputs[0];
  x.strides = broadcast_strides(x.dims, x.strides, outputs[0].dims);
  x.dims = outputs[0].dims;
  copy(x, outputs[0]);
}

void tile(const NoAttributes&, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  const TensorView &x = inputs[0], &y = outputs[0];
  require(x.elements() > 0 || y.elements() == 0, "nothing to repeat in {}", to_string(x.dims));
  for (Walk walk(y.dims, {y.strides}); walk.more(); walk.next()) {
    int64_t from = 0;
    for (int axis = 0; axis < x.rank(); ++axis) from += walk.index()[axis] % x.dims[axis] * x.strides[axis];
    copy_element(x, from, y, walk.offset(0));
  }
}

void range(const NoAttributes&, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  const TensorView& y = outputs[0];
  for (int64_t i = 0; i < y.dims[0]; ++i) {
    const int64_t at = i * y.strides[0];
    if (is_float(y.type))
      store_double(y, at, load_double(inputs[0], 0) + static_cast<double>(i) * load_double(inputs[2], 0));
    else
      store_int64(y, at, wrapping_add(load_int64(inputs[0], 0), wrapping_mul(i, load_int64(inputs[2], 0))));
  }
}

}  // namespace

extern const ReferenceEntry expand_reference = make_reference<NoAttributes, expand>("Expand");
extern const ReferenceEntry range_reference = make_reference<NoAttributes, range>("Range", {3, 1});
extern const ReferenceEntry tile_reference = make_reference<NoAttributes, tile>("Tile");

}  // namespace tn::ops
