// SPDX-License-Identifier: Apache-2.0
#include "ops/control/region.h"

#include "ops/control/body.h"

namespace tn::ops {

std::vector<BodyInput> Region::body_inputs(const InferContext& context, size_t) const {
  std::vector<BodyInput> inputs;
  for (int i = 0; i < context.inputs(); ++i) inputs.push_back(as_body_input(context, i));
  return inputs;
}

std::vector<TensorType> Region::infer(const InferContext& context) const {
  model_check(context.bodies().size() == 1, "{} bodies where one is needed", context.bodies().size());
  const Graph& body = context.bodies()[0];
  auto types = body_outputs(body, body_inputs(context, 0));
  for (size_t i = 0; i < types.size(); ++i) {
    for (size_t axis = 0; axis < types[i].dims.size(); ++axis) {
      Dim& dim = types[i].dims[axis];
      dim = outside_extent(context, body, static_cast<int>(i), static_cast<int>(axis), dim);
    }
  }
  return types;
}

extern const OpEntry region_entry = {Region::kName, make_op<Region>, {}, {}};

}  // namespace tn::ops
