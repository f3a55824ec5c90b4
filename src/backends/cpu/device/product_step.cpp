// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/device/product_step.h"

#include <algorithm>

namespace tn::cpu {

Epilogue EpilogueStep::epilogue() const {
  require(activation >= 0 && activation <= static_cast<int64_t>(Activation::Tanh), "activation {} is unknown",
          activation);
  Epilogue result;
  result.activation = static_cast<Activation>(activation);
  result.alpha = static_cast<float>(alpha);
  result.beta = static_cast<float>(beta);
  result.residual_after_activation = residual_after_activation;
  return result;
}

EpilogueOperands::EpilogueOperands(const EpilogueStep& step, const KernelSpec& spec)
    : epilogue_(step.epilogue()), has_bias_(spec.has_input(kBiasInput)), has_residual_(spec.has_input(kResidualInput)) {
  require_operands(spec, kProductInputs, 1, {kBiasInput, kResidualInput});
  require_float(spec.outputs[0].type, "result");
  if (has_bias_) require_type(spec.inputs[kBiasInput], DataType::F32, "bias");
  if (!has_residual_) return;
  const TensorView& residual = spec.inputs[kResidualInput];
  require_float(residual.type, "residual");
  require_rank(residual, spec.outputs[0].rank(), spec.outputs[0].rank(), "residual");
  epilogue_.residual_type = residual.type;
}

Status EpilogueOperands::bind(std::span<const TensorView> inputs, const TensorView& result, int64_t channels) noexcept {
  if (has_bias_ && !is_vector(inputs[kBiasInput], channels))
    return misfit("a bias of another length than the channels");
  if (has_residual_ && !(inputs[kResidualInput].dims == result.dims))
    return misfit("a residual of another shape than the result");
  return {};
}

const Epilogue& EpilogueOperands::of(const KernelArguments& arguments) noexcept {
  epilogue_.bias = has_bias_ ? arguments.inputs[kBiasInput].as<const float>() : nullptr;
  epilogue_.residual = has_residual_ ? arguments.inputs[kResidualInput].data : nullptr;
  return epilogue_;
}

void require_isa(Isa isa, std::span<const Isa> have) {
  require(std::find(have.begin(), have.end(), isa) != have.end(),
          "the step needs instruction set {}, which this processor lacks", static_cast<int>(isa));
}

bool has_tile(Isa isa, DataType type, const TileShape& tile) {
  const ProductKernels* kernels = product_kernels(isa, type);
  return kernels != nullptr && tile.rows > 0 && tile.rows <= kernels->max_rows(tile.vectors);
}

}  // namespace tn::cpu
