// SPDX-License-Identifier: Apache-2.0
#include "ops/shape/reference/reshape.h"

#include "ops/shape/reference/element.h"

namespace tn::ops {

void copy_in_order(std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  const TensorView &x = inputs[0], &y = outputs[0];
  Walk from(x.dims, {x.strides}), to(y.dims, {y.strides});
  for (; from.more() && to.more(); from.next(), to.next()) copy_element(x, from.offset(0), y, to.offset(0));
}

namespace {

template <typename Attributes>
void reshape(const Attributes&, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  copy_in_order(inputs, outputs);
}

}  // namespace

extern const ReferenceEntry reshape_reference = make_reference<ReshapeAttributes, reshape>("Reshape");
extern const ReferenceEntry squeeze_reference = make_reference<NoAttributes, reshape>("Squeeze");
extern const ReferenceEntry unsqueeze_reference = make_reference<NoAttributes, reshape>("Unsqueeze");

}  // namespace tn::ops
