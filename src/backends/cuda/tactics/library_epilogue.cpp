// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/tactics/library_epilogue.h"

#include <array>
#include <utility>

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
std::vector<Expr> sums(const Expr& x, const std::optional<Expr>& bias, const std::optional<Expr>& residual) {
  const auto plus = [](const std::vector<Expr>& terms, const Expr& term) {
    std::vector<Expr> all;
    for (const Expr& other : terms) all.insert(all.end(), {other + term, term + other});
    return all;
  };
  if (!bias && !residual) return {x};
  if (!residual) return plus({x}, *bias);
  if (!bias) return plus({x}, *residual);
  std::vector<Expr> all = plus(plus({x}, *bias), *residual);
  for (const Expr& sum : plus(plus({x}, *residual), *bias)) all.push_back(sum);
  for (const Expr& both : plus({*bias}, *residual)) all.insert(all.end(), {x + both, both + x});
  return all;
}

// One number per channel: a constant of any float type, or a tensor of the result's.
bool is_bias(const Region& region, int index, int channel_axis) {
  const Tensor& tensor = region.input(index);
  const Dims& result = region.output_type(0).dims;
  const Dim& channels = result[result.size() - static_cast<size_t>(channel_axis)];
  const int rank = tensor.type.rank();
  if (rank < channel_axis || !(product(tensor.type.dims) == channels)) return false;
  if (!(tensor.type.dims[static_cast<size_t>(rank - channel_axis)] == channels)) return false;
  return tensor.constant ? is_stored_float(tensor.type.type) : tensor.type.type == region.output_type(0).type;
}

}  // namespace

bool is_stored_float(DataType type) {
  return type == DataType::F32 || type == DataType::F16 || type == DataType::BF16;
}

std::optional<LibraryEpilogue> match_library_epilogue(const Region& region, int channel_axis) {
  if (region.outputs() != 1) return std::nullopt;
  LibraryEpilogue matched;
  if (region.expressions.empty()) return matched;
  const Expr& wanted = region.expressions[0];
  if (wanted.type() != ScalarType::F32) return std::nullopt;
  std::optional<Expr> bias, residual;
  for (size_t i = 0; i < region.expression_inputs.size(); ++i) {
    const int index = region.expression_inputs[i];
    const Expr operand = input(static_cast<int>(i) + 1);
    if (!bias && is_bias(region, index, channel_axis)) {
      bias = operand;
      matched.bias = index;
    } else if (!residual && region.input_type(index) == region.output_type(0)) {
      residual = operand;
      matched.residual = index;
    } else {
      return std::nullopt;
    }
  }
  for (const Expr& sum : sums(input(0), bias, residual)) {
    for (const auto& [activation, expr] : activations(sum)) {
      if (!(expr == wanted)) continue;
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
