// SPDX-License-Identifier: Apache-2.0
#include "ops/elementwise/function.h"

#include "base/error.h"
#include "ops/compose.h"

namespace tn::ops {

void check_accepts(Accepts accepts, DataType type) {
  const bool fits = accepts == Accepts::Any || (accepts == Accepts::Bool && type == DataType::Bool) ||
                    (accepts == Accepts::Float && is_float(type)) ||
                    (accepts == Accepts::Integer && is_integer(type)) ||
                    (accepts == Accepts::Number && type != DataType::Bool);
  model_check(fits, "the operator is not defined for {}", name_of(type));
}

std::optional<Dims> map_values(const InferContext& context,
                               const std::function<std::optional<Dim>(std::span<const Dim>)>& function) {
  size_t count = 1;
  bool any_empty = false;
  std::vector<const Dims*> values;
  for (int i = 0; i < context.inputs(); ++i) {
    const Dims* value = context.value(i);
    if (!value || is_float(context.type(i).type)) return std::nullopt;  // a quotient of floats need not be whole
    count = std::max(count, value->size());
    any_empty = any_empty || value->empty();
    // Above rank 1, elements correspond by position only where shapes are equal.
    const TensorType &type = context.type(i), &first = context.type(0);
    if ((type.rank() > 1 || first.rank() > 1) && type.dims != first.dims) return std::nullopt;
    values.push_back(value);
  }
  if (any_empty) count = 0;
  Dims result;
  for (size_t i = 0; i < count; ++i) {
    Dims operands;
    for (const Dims* value : values) {
      if (value->size() != 1 && value->size() != count) return std::nullopt;
      operands.push_back((*value)[value->size() == 1 ? 0 : i]);
    }
    auto element = function(operands);
    if (!element) return std::nullopt;
    result.push_back(*element);
  }
  return result;
}

void align_legacy_operand(NodeView& node) {
  const int rank = node.type(node.input(0)).rank(), other = node.type(node.input(1)).rank();
  if (node.integer("broadcast", 0) == 0 || other >= rank) return;
  const int64_t axis = node.integer("axis", rank - other), first = axis < 0 ? axis + rank : axis;
  model_check(first >= 0 && first + other <= rank, "axis {} does not place {} in {}", axis,
              to_string(node.type(node.input(1))), to_string(node.type(node.input(0))));
  std::vector<int64_t> added;
  for (int64_t i = first + other; i < rank; ++i) added.push_back(i - first);
  if (!added.empty()) node.inputs[1] = unsqueeze(node, node.inputs[1], added);
}

}  // namespace tn::ops
