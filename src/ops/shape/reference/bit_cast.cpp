// SPDX-License-Identifier: Apache-2.0
#include "ops/shape/reference/bit_cast.h"

#include "ops/shape/reference/element.h"

namespace tn::ops {
namespace {

void bit_cast(const BitCastAttributes&, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  const TensorView &x = inputs[0], &y = outputs[0];
  require(size_of(x.type) == size_of(y.type), "{} as {}", name_of(x.type), name_of(y.type));
  for (Walk walk(y.dims, {x.strides, y.strides}); walk.more(); walk.next())
    std::memcpy(y.at(walk.offset(1)), x.at(walk.offset(0)), size_of(x.type));
}

}  // namespace

extern const ReferenceEntry bit_cast_reference = make_reference<BitCastAttributes, bit_cast>("BitCast");

}  // namespace tn::ops
