// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/tactics/library_epilogue.h"

#include <array>
#include <utility>

#include "base/stored_float.h"
#include "tuning/epilogue_operands.h"
#include "tuning/retype.h"

namespace tn::cuda {
namespace {

using Activation = MatmulStep::Activation;

std::array<std::pair<Activation, Expr>, 3> activations(const Expr& x) {
  return {{{Activation::None, x},
           {Activation::Relu, relu(x)},
           {Activation::GeluTanh, 0.5 * x * (1 + tanh(0.79788456080286535588 * (x + 0.044715 * x * x * x)))}}};
}

/// Every way of writing the sum of the terms.
std::vector<Expr> sums(const Expr& x, const EpilogueOperands& operands) {
  const auto &bias = operands.bias, &residual = operands.residual;
  const auto plus = [](const std::vector<Expr>& terms, const Expr& term) {
    std::vector<Expr> all;
    for (const Expr& other : terms) all.insert(all.end(), {other + term, term + other});
    return all;
  };
  if (!bias && !residual) return {x};
  if (!residual) return plus({x}, bias->expr);
  if (!bias) return plus({x}, residual->expr);
  std::vector<Expr> all = plus(plus({x}, bias->expr), residual->expr);
  for (const Expr& sum : plus(plus({x}, residual->expr), bias->expr)) all.push_back(sum);
  for (const Expr& both : plus({bias->expr}, residual->expr)) all.insert(all.end(), {x + both, both + x});
  return all;
}

// One number per channel: a constant of any float type, or a tensor of the result's.
bool is_bias(const Region& region, int index, int channel_axis) {
  if (!is_per_channel(region, index, channel_axis)) return false;
  const Tensor& tensor = region.input(index);
  return tensor.constant ? is_stored_float(tensor.type.type) : tensor.type.type == region.output_type(0).type;
}

}  // namespace

std::optional<LibraryEpilogue> match_library_epilogue(const Region& region, int channel_axis) {
  const auto operands = epilogue_operands(
      region, [&](int index) { return is_bias(region, index, channel_axis); },
      [&](int index) { return region.input_type(index) == region.output_type(0); });
  if (!operands) return std::nullopt;
  LibraryEpilogue matched;
  if (operands->bias) matched.bias = operands->bias->index;
  if (operands->residual) matched.residual = operands->residual->index;
  if (region.expressions.empty()) return matched;
  for (const Expr& sum : sums(input(0), *operands)) {
    for (const auto& [activation, expr] : activations(sum)) {
      if (!(expr == region.expressions[0])) continue;
      matched.activation = activation;
      return matched;
    }
  }
  return std::nullopt;
}

int place_bias(const Region& region, int bias, DataType type, RegionLowering& lowering) {
  const Tensor& tensor = region.input(bias);
  if (!tensor.constant || tensor.type.type == type) return lowering.input(bias, Need::RowMajor);
  return lowering.constant(*convert(*tensor.constant, type), tensor.name);
}

}  // namespace tn::cuda
