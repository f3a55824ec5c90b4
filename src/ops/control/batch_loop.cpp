// SPDX-License-Identifier: Apache-2.0
#include "ops/control/batch_loop.h"

#include "ops/control/body.h"
#include "ops/rules.h"

namespace tn::ops {

std::vector<BodyInput> BatchLoop::body_inputs(const InferContext& context, size_t) const {
  model_check(sliced > 0 && sliced <= context.inputs(), "{} of {} inputs are sliced", sliced, context.inputs());
  std::vector<BodyInput> inputs;
  for (int i = 0; i < context.inputs(); ++i) {
    inputs.push_back(as_body_input(context, i));
    if (i >= sliced) continue;
    TensorType& type = inputs.back().type;
    model_check(type.rank() > 0, "input {} is a scalar", i);
    unify(type.dims[0], context.type(0).dims[0], "batches");
    type.dims[0] = 1;
    inputs.back().value.reset();
  }
  return inputs;
}

std::vector<TensorType> BatchLoop::infer(const InferContext& context) const {
  model_check(context.bodies().size() == 1, "{} bodies where one is needed", context.bodies().size());
  auto types = body_outputs(context.bodies()[0], body_inputs(context, 0));
  for (TensorType& type : types) {
    model_check(type.rank() > 0 && type.dims[0] == Dim(1), "an image of an output is {}", to_string(type));
    type.dims[0] = context.type(0).dims[0];
  }
  return types;
}

extern const OpEntry batch_loop_entry = {BatchLoop::kName, make_op<BatchLoop>, {}, {}};

}  // namespace tn::ops
