// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/tactics/epilogue.h"

#include "base/stored_float.h"
#include "tuning/epilogue_operands.h"
#include "tuning/retype.h"

namespace tn::cpu {
namespace {

void collect_constants(const Expr& expr, std::vector<double>& constants) {
  if (expr.is_constant() && is_float(expr.type())) constants.push_back(expr.value().f);
  for (const Expr& operand : expr.operands()) collect_constants(operand, constants);
}

struct Candidate {
  Activation activation;
  double alpha = 0, beta = 0;
  Expr expr;
};

// What every activation would look like on x. Numbers are guessed from the constants that occur.
std::vector<Candidate> candidates(const Expr& x, const std::vector<double>& constants) {
  std::vector<Candidate> all = {
      {Activation::None, 0, 0, x},
      {Activation::Relu, 0, 0, relu(x)},
      {Activation::Sigmoid, 0, 0, sigmoid(x)},
      {Activation::Silu, 0, 0, x * sigmoid(x)},
      {Activation::HardSwish, 0, 0, x * clamp(x * (1.0 / 6) + 0.5, 0, 1)},
      {Activation::Gelu, 0, 0, 0.5 * x * (1 + erf(x * 0.70710678118654752440))},
      {Activation::GeluTanh, 0, 0, 0.5 * x * (1 + tanh(0.79788456080286535588 * (x + 0.044715 * x * x * x)))},
      {Activation::Tanh, 0, 0, tanh(x)},
  };
  for (const double a : constants) {
    all.push_back({Activation::LeakyRelu, a, 0, select(less(x, 0), a * x, x)});
    for (const double b : constants) {
      all.push_back({Activation::Clip, a, b, clamp(x, a, b)});
      all.push_back({Activation::HardSigmoid, a, b, clamp(x * a + b, 0, 1)});
    }
  }
  return all;
}

bool has_result_shape(const Region& region, int input) {
  const TensorType& type = region.input_type(input);
  return type.dims == region.output_type(0).dims && is_stored_float(type.type);
}

bool is_channel_constant(const Region& region, int input, int channel_axis) {
  const Tensor& tensor = region.input(input);
  return tensor.constant && is_stored_float(tensor.type.type) && is_per_channel(region, input, channel_axis);
}

// As f32 [channels].
ConstantPtr as_channels(const ConstantPtr& constant) {
  const ConstantPtr wide = as_f32(constant);
  return std::make_shared<const Constant>(DataType::F32, Shape{wide->elements()}, wide->bytes(), wide);
}

// Matches `wanted` as activations of the sums `before`, or of `sum` with the residual added behind.
std::optional<EpilogueStep> match_forms(const Expr& wanted, const Expr& sum, const Expr* residual) {
  std::vector<double> constants;
  collect_constants(wanted, constants);
  if (constants.size() > 8) return std::nullopt;
  const auto step = [](const Candidate& candidate, bool after) {
    return EpilogueStep{static_cast<int64_t>(candidate.activation), candidate.alpha, candidate.beta, after};
  };
  std::vector<Expr> before = {sum};
  if (residual) before = {sum + *residual, *residual + sum};
  for (const Expr& x : before) {
    for (const Candidate& candidate : candidates(x, constants)) {
      if (candidate.expr == wanted) return step(candidate, false);
    }
  }
  if (!residual) return std::nullopt;
  for (const Candidate& candidate : candidates(sum, constants)) {
    if (candidate.expr + *residual == wanted || *residual + candidate.expr == wanted) return step(candidate, true);
  }
  return std::nullopt;
}

}  // namespace

std::optional<EpilogueStep> match_activation(const Expr& wanted, const Expr& sum) {
  return match_forms(wanted, sum, nullptr);
}

ConstantPtr as_f32(const ConstantPtr& constant) {
  return constant->type() == DataType::F32 ? constant : convert(*constant, DataType::F32);
}

Support supports_products(DataType type, Isa isa) {
  if (product_kernels(isa, type)) return {};
  if (type == DataType::F16) return Support::no("needs AVX512-FP16");
  if (type == DataType::F32) return Support::no("no kernels for this instruction set");
  return Support::no(fmt::format("no products in {}", name_of(type)));
}

std::optional<MatchedEpilogue> match_epilogue(const Region& region, int channel_axis) {
  const auto operands = epilogue_operands(
      region, [&](int index) { return is_channel_constant(region, index, channel_axis); },
      [&](int index) { return has_result_shape(region, index); });
  if (!operands) return std::nullopt;
  MatchedEpilogue matched;
  if (region.expressions.empty()) return matched;
  std::vector<Expr> sums = {input(0)};
  if (const auto& bias = operands->bias) {
    sums = {input(0) + bias->expr, bias->expr + input(0)};
    matched.bias = as_channels(region.input(bias->index).constant);
    matched.bias_name = region.input(bias->index).name;
  }
  if (operands->residual) matched.residual_input = operands->residual->index;
  for (const Expr& sum : sums) {
    const Expr* const residual = operands->residual ? &operands->residual->expr : nullptr;
    const auto step = match_forms(region.expressions[0], sum, residual);
    if (!step) continue;
    matched.step = *step;
    return matched;
  }
  return std::nullopt;
}

}  // namespace tn::cpu
