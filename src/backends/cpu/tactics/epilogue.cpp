// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/tactics/epilogue.h"

namespace tn::cpu {
namespace {

void collect_constants(const Expr& expr, std::vector<double>& constants) {
  if (expr.is_constant() && is_float_scalar(expr.type())) constants.push_back(expr.value().f);
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
  return type.dims == region.output_type(0).dims && is_float(type.type);
}

}  // namespace

std::optional<MatchedEpilogue> match_epilogue(const Region& region) {
  if (region.outputs() != 1) return std::nullopt;
  if (region.expressions.empty()) return MatchedEpilogue{};
  const Expr& wanted = region.expressions[0];
  if (wanted.type() != ScalarType::F32 || region.expression_inputs.size() > 1) return std::nullopt;
  std::vector<double> constants;
  collect_constants(wanted, constants);
  if (constants.size() > 8) return std::nullopt;
  const Expr sum = input(0);
  const auto matched = [&](const Candidate& candidate, bool after) {
    MatchedEpilogue result;
    result.step.activation = static_cast<int64_t>(candidate.activation);
    result.step.alpha = candidate.alpha;
    result.step.beta = candidate.beta;
    result.step.residual_after_activation = after;
    if (!region.expression_inputs.empty()) result.residual_input = region.expression_inputs[0];
    return result;
  };
  if (region.expression_inputs.empty()) {
    for (const Candidate& candidate : candidates(sum, constants)) {
      if (candidate.expr == wanted) return matched(candidate, false);
    }
    return std::nullopt;
  }
  if (!has_result_shape(region, region.expression_inputs[0])) return std::nullopt;
  const Expr residual = input(1);
  for (const Expr& before : {sum + residual, residual + sum}) {
    for (const Candidate& candidate : candidates(before, constants)) {
      if (candidate.expr == wanted) return matched(candidate, false);
    }
  }
  for (const Candidate& candidate : candidates(sum, constants)) {
    if (candidate.expr + residual == wanted || residual + candidate.expr == wanted) return matched(candidate, true);
  }
  return std::nullopt;
}

}  // namespace tn::cpu
