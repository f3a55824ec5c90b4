// SPDX-License-Identifier: Apache-2.0
#include "ops/shape/reference/axis.h"

#include "ops/shape/reference/element.h"

namespace tn::ops {
namespace {

void transpose(const TransposeAttributes& a, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  TensorView x = inputs[0];
  for (size_t i = 0; i < a.perm.size(); ++i) {
    x.dims[static_cast<int>(i)] = inputs[0].dims[static_cast<int>(a.perm[i])];
    x.strides[static_cast<int>(i)] = inputs[0].strides[static_cast<int>(a.perm[i])];
  }
  copy(x, outputs[0]);
}

void concat(const ConcatAttributes& a, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  const int axis = wrap_axis(a.axis, outputs[0].rank());
  int64_t at = 0;
  for (const TensorView& x : inputs) {
    copy(x, sub_view(outputs[0], axis, at, x.dims[axis]));
    at += x.dims[axis];
  }
}

void split(const SplitAttributes& a, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  const int axis = wrap_axis(a.axis, inputs[0].rank());
  int64_t at = 0;
  for (const TensorView& y : outputs) {
    if (y.data != nullptr) copy(sub_view(inputs[0], axis, at, y.dims[axis]), y);
    at += y.dims[axis];
  }
}

}  // namespace

extern const ReferenceEntry concat_reference = make_reference<ConcatAttributes, concat>("Concat");
extern const ReferenceEntry split_reference = make_reference<SplitAttributes, split>("Split");
extern const ReferenceEntry transpose_reference = make_reference<TransposeAttributes, transpose>("Transpose");

}  // namespace tn::ops
