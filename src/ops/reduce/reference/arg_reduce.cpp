// SPDX-License-Identifier: Apache-2.0
#include "ops/reduce/reference/arg_reduce.h"

#include <cmath>

#include "ops/reduce/reference/reduce.h"
#include "ops/shape/reference/element.h"

namespace tn::ops {
namespace {

// Whether element b comes before element a as the extreme.
bool beats(const TensorView& x, int64_t a, int64_t b, bool largest, bool last) {
  if (is_float(x.type)) {
    const double u = load_double(x, a), v = load_double(x, b);
    if (std::isnan(u)) return false;
    return std::isnan(v) || (largest ? v > u : v < u) || (last && u == v);
  }
  const int64_t u = load_int64(x, a), v = load_int64(x, b);
  if (u == v) return last;
  const bool greater = x.type == DataType::U64 ? static_cast<uint64_t>(v) > static_cast<uint64_t>(u) : v > u;
  return greater == largest;
}

void arg_reduce(const ArgReduceAttributes& a, const TensorView& x, const TensorView& y, bool largest) {
  const int axis = wrap_axis(a.axis, x.rank());
  const int64_t axes[] = {axis};
  const TensorView target = spread_over(y, x.dims, axes, a.keepdims);
  Shape outer = x.dims;
  outer[axis] = x.dims[axis] > 0 ? 1 : 0;
  for (Walk walk(outer, {x.strides, target.strides}); walk.more(); walk.next()) {
    int64_t best = 0;
    for (int64_t i = 1; i < x.dims[axis]; ++i) {
      const int64_t base = walk.offset(0), step = x.strides[axis];
      if (beats(x, base + best * step, base + i * step, largest, a.select_last_index)) best = i;
    }
    store_int64(y, walk.offset(1), best);
  }
}

}  // namespace

void arg_max(const ArgReduceAttributes& a, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  arg_reduce(a, inputs[0], outputs[0], true);
}
void arg_min(const ArgReduceAttributes& a, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  arg_reduce(a, inputs[0], outputs[0], false);
}

extern const ReferenceEntry arg_max_reference = make_reference<ArgReduceAttributes, arg_max>("ArgMax");
extern const ReferenceEntry arg_min_reference = make_reference<ArgReduceAttributes, arg_min>("ArgMin");

}  // namespace tn::ops
