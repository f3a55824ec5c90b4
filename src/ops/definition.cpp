// SPDX-License-Identifier: Apache-2.0
#include "ops/definition.h"

#include "base/error.h"
#include "ops/rules.h"

namespace tn::ops {

DataType Elementwise::result_type(std::span<const DataType> inputs) const {
  for (const DataType type : inputs) {
    model_check(type == inputs[0], "input types differ: {} and {}", name_of(inputs[0]), name_of(type));
  }
  return inputs[0];
}

std::vector<TensorType> Elementwise::infer(const InferContext& context) const {
  const int count = arity() < 0 ? context.inputs() : arity();
  model_check(context.inputs() == count && count > 0, "{} inputs where {} are needed", context.inputs(), count);
  std::vector<DataType> types;
  Dims dims = context.type(0).dims;
  for (int i = 0; i < count; ++i) {
    types.push_back(context.type(i).type);
    if (i > 0) dims = broadcast(dims, context.type(i).dims);
  }
  return {{result_type(types), std::move(dims)}};
}

bool Elementwise::splits_batch(const InferContext& context, const Dim& batch) const {
  return batches_align(context, batch);
}

}  // namespace tn::ops
