// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/device/product_step.h"

#include <algorithm>

namespace tn::cpu {

Epilogue EpilogueStep::epilogue() const {
  if (activation < 0 || activation > static_cast<int64_t>(Activation::Tanh)) {
    throw Error(ErrorCode::InvalidEngine, "activation {} is unknown", activation);
  }
  Epilogue result;
  result.activation = static_cast<Activation>(activation);
  result.alpha = static_cast<float>(alpha);
  result.beta = static_cast<float>(beta);
  result.residual_after_activation = residual_after_activation;
  return result;
}

void require_isa(Isa isa) {
  const auto have = available_isas();
  if (std::find(have.begin(), have.end(), isa) == have.end()) {
    throw Error(ErrorCode::InvalidEngine, "the step needs instruction set {}, which this processor lacks",
                static_cast<int>(isa));
  }
}

void require_epilogue_operands(const KernelSpec& spec, int64_t channels) {
  if (spec.inputs.size() != kProductInputs || spec.outputs.size() != 1) {
    throw Error(ErrorCode::InvalidEngine, "{} inputs and {} outputs", spec.inputs.size(), spec.outputs.size());
  }
  const TensorView &bias = spec.inputs[kBiasInput], &residual = spec.inputs[kResidualInput];
  if (bias.data && (bias.type != DataType::F32 || !(bias.dims == Shape{channels}) || !bias.is_dense())) {
    throw Error(ErrorCode::InvalidEngine, "the bias is {} instead of f32 [{}]", to_string(bias.dims), channels);
  }
  if (residual.rank() > 0 && residual.rank() != spec.outputs[0].rank()) {
    throw Error(ErrorCode::InvalidEngine, "the residual has rank {}", residual.rank());
  }
}

}  // namespace tn::cpu
