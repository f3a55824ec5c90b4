// SPDX-License-Identifier: Apache-2.0
#include "tuning/epilogue_operands.h"

namespace tn {

std::optional<EpilogueOperands> epilogue_operands(const Region& region, const std::function<bool(int)>& is_bias,
                                                  const std::function<bool(int)>& is_residual) {
  if (region.outputs() != 1) return std::nullopt;
  EpilogueOperands operands;
  if (region.expressions.empty()) return operands;
  if (region.expressions[0].type() != ScalarType::F32) return std::nullopt;
  for (size_t i = 0; i < region.expression_inputs.size(); ++i) {
    const EpilogueOperands::Operand operand{region.expression_inputs[i], input(static_cast<int>(i) + 1)};
    if (!operands.bias && is_bias(operand.index))
      operands.bias = operand;
    else if (!operands.residual && is_residual(operand.index))
      operands.residual = operand;
    else
      return std::nullopt;
  }
  return operands;
}

bool is_per_channel(const Region& region, int input, int channel_axis) {
  const Dims &dims = region.input_type(input).dims, &result = region.output_type(0).dims;
  const auto axis = static_cast<size_t>(channel_axis);
  const Dim& channels = result[result.size() - axis];
  return dims.size() >= axis && product(dims) == channels && dims[dims.size() - axis] == channels;
}

}  // namespace tn
