// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/tactics/epilogue.h"

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

// The input as f32 [channels] if it is a constant with one number per channel.
ConstantPtr channel_constant(const Region& region, int input, int channel_axis) {
  const Tensor& tensor = region.input(input);
  if (!tensor.constant || !is_stored_float(tensor.type.type)) return nullptr;
  const Dims& result = region.output_type(0).dims;
  const Dim& channels = result[result.size() - static_cast<size_t>(channel_axis)];
  const int rank = tensor.type.rank();
  if (rank < channel_axis || !(channels == Dim(tensor.constant->elements()))) return nullptr;
  if (!(tensor.type.dims[static_cast<size_t>(rank - channel_axis)] == channels)) return nullptr;
  const ConstantPtr wide = as_f32(tensor.constant);
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

ConstantPtr as_f32(const ConstantPtr& constant) {
  return constant->type() == DataType::F32 ? constant : convert(*constant, DataType::F32);
}

Support supports_products(DataType type, Isa isa) {
  if (product_kernels(isa, type)) return {};
  if (type == DataType::F16) return Support::no("needs AVX512-FP16");
  if (type == DataType::F32) return Support::no("no kernels for this instruction set");
  return Support::no(fmt::format("no products in {}", name_of(type)));
}

bool is_stored_float(DataType type) {
  return type == DataType::F32 || type == DataType::F16 || type == DataType::BF16;
}

std::optional<MatchedEpilogue> match_epilogue(const Region& region, int channel_axis) {
  if (region.outputs() != 1) return std::nullopt;
  MatchedEpilogue matched;
  if (region.expressions.empty()) return matched;
  const Expr& wanted = region.expressions[0];
  if (wanted.type() != ScalarType::F32) return std::nullopt;
  std::optional<Expr> bias, residual;
  for (size_t i = 0; i < region.expression_inputs.size(); ++i) {
    const int index = region.expression_inputs[i];
    const ConstantPtr constant = channel_constant(region, index, channel_axis);
    if (constant && !bias) {
      bias = input(static_cast<int>(i) + 1);
      matched.bias = constant;
      matched.bias_name = region.input(index).name;
    } else if (has_result_shape(region, index) && !residual) {
      residual = input(static_cast<int>(i) + 1);
      matched.residual_input = index;
    } else {
      return std::nullopt;
    }
  }
  std::vector<Expr> sums = {input(0)};
  if (bias) sums = {input(0) + *bias, *bias + input(0)};
  for (const Expr& sum : sums) {
    const auto step = match_forms(wanted, sum, residual ? &*residual : nullptr);
    if (!step) continue;
    matched.step = *step;
    return matched;
  }
  return std::nullopt;
}

}  // namespace tn::cpu
