// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/tactics/quantized_region.h"

#include <algorithm>

#include "base/stored_float.h"
#include "tuning/epilogue_operands.h"

namespace tn::cuda {
namespace {

bool reads(const Expr& expr, int index) {
  if (expr.is_input()) return expr.index() == index;
  return std::ranges::any_of(expr.operands(), [&](const Expr& operand) { return reads(operand, index); });
}

// The expressions behind a float result; a constant per channel that is added to the sum first becomes part of
// requantization, which rounds once.
QuantizedEpilogue floats_epilogue(const Region& region, int result_axis) {
  QuantizedEpilogue epilogue;
  std::vector<Expr> expressions = region.expressions;
  if (expressions.empty()) expressions = {input(0)};
  const auto is_bias = [&](int index) {
    const Tensor& tensor = region.input(index);
    return tensor.constant && is_stored_float(tensor.type.type) && is_per_channel(region, index, result_axis);
  };
  const auto operands = epilogue_operands(region, is_bias, [](int) { return true; });
  int bias = kNone;
  if (operands && operands->bias) {
    const Expr& term = operands->bias->expr;
    Expr folded = with_replaced(expressions[0], input(0) + term, input(0));
    folded = with_replaced(folded, term + input(0), input(0));
    if (!reads(folded, term.index())) {
      bias = operands->bias->index;
      epilogue.matched.bias = region.input(bias).constant;
      expressions = {folded};
    }
  }
  std::vector<ScalarType> types = {ScalarType::F32};
  std::vector<Expr> inputs = {input(0)};
  for (const int index : region.expression_inputs) {
    if (index == bias) {
      inputs.push_back(input(0));  // not read
      continue;
    }
    epilogue.inputs.push_back(index);
    types.push_back(compute_type(region.input_type(index).type));
    inputs.push_back(input(static_cast<int>(epilogue.inputs.size()), types.back()));
  }
  epilogue.program = lower(substitute(expressions, inputs), types);
  return epilogue;
}

std::optional<QuantizedEpilogue> epilogue_of(const Region& region, int result_axis) {
  bool floats = true;
  for (int i = 0; i < region.outputs(); ++i) floats = floats && is_stored_float(region.output_type(i).type);
  if (floats) return floats_epilogue(region, result_axis);
  const auto matched = match_requantization(region, result_axis);
  if (!matched) return std::nullopt;
  QuantizedEpilogue epilogue{*matched, {}, {}};
  std::vector<ScalarType> types = {ScalarType::I32};
  if (matched->residual_input != kNone) {
    epilogue.inputs.push_back(matched->residual_input);
    types.push_back(ScalarType::I32);
  }
  const std::vector<Expr> result = {input(0, ScalarType::I32)};
  epilogue.program = lower(result, types);
  return epilogue;
}

Requantization::Rounding rounding_of(const RoundedTo& to) {
  return {to.zero_point, to.low, to.high};
}

Requantization::Bytes bytes_of(const MatchedRequantization& matched) {
  Requantization::Bytes bytes;
  if (matched.residual_input != kNone) bytes.residual = 0;
  bytes.residual_scale = static_cast<float>(matched.residual_scale);
  bytes.inverse = static_cast<float>(matched.inverse);
  if (matched.activation) bytes.activation = lower({&*matched.activation, 1});
  bytes.rounding = rounding_of(matched.rounded);
  bytes.has_table = matched.table.has_value();
  if (matched.again)
    bytes.again = {static_cast<float>(matched.again->scale), static_cast<float>(matched.again->offset),
                   rounding_of(matched.again->rounded)};
  return bytes;
}

}  // namespace

Support QuantizedRegion::supports(const Region& region, int weight_axis, int result_axis) {
  if (const Support support = supports_quantized_product(region, weight_axis); !support) return support;
  if (!epilogue_of(region, result_axis)) return Support::no("the expressions after it are not a known epilogue");
  return {};
}

QuantizedRegion::QuantizedRegion(const Region& region, int weight_axis, int result_axis)
    : region_(region), weights_(region, weight_axis), epilogue_(*epilogue_of(region, result_axis)) {}

Requantization QuantizedRegion::requantization() const {
  Requantization result;
  int next = static_cast<int>(epilogue_.inputs.size());
  if (zero_point() != 0) result.correction = next++;
  result.scale = next++;
  result.offset = next;
  const bool floats = is_stored_float(region_.output_type(0).type);
  if (!floats) result.bytes = bytes_of(epilogue_.matched);
  return result;
}

void QuantizedRegion::describe(Product& product, const Places& places, const std::vector<size_t>& axes,
                               const SymbolRanges& ranges) const {
  product.sums = ScalarType::I32;
  product.a.zero_point = zero_point();
  set_operands(product, region_, epilogue_.inputs, places, axes, ranges);
  Epilogue& epilogue = product.epilogue;
  epilogue.program = epilogue_.program;
  epilogue.requantization = requantization();
  if (zero_point() != 0) epilogue.inputs.push_back(column_term(product, DataType::I32));
  epilogue.inputs.insert(epilogue.inputs.end(), 2, column_term(product));
}

ConstantPtr QuantizedRegion::weights() const {
  const std::vector<int8_t> bytes = weights_.bytes();
  return Constant::make(DataType::I8, weights_.dims(),
                        [&](const TensorView& view) { std::ranges::copy(bytes, static_cast<int8_t*>(view.data)); });
}

std::vector<int> QuantizedRegion::add_constants(RegionLowering& lowering) const {
  const std::string& source = region_.input(region_.anchor_inputs[1]).name;
  const auto add = [&](std::string_view what, const auto& numbers) {
    return lowering.packed_weights(what, std::as_bytes(std::span(numbers)),
                                   {{source}, "cuda.int8:" + std::string(what), {}});
  };
  const ChannelTerms terms = channel_terms(region_, epilogue_.matched, weights_, zero_point());
  std::vector<int> ids;
  if (zero_point() != 0) ids.push_back(add("corrections", terms.corrections));
  ids.push_back(add("scales", terms.scales));
  ids.push_back(add("offsets", terms.offsets));
  if (epilogue_.matched.table) ids.push_back(add("table", *epilogue_.matched.table));
  return ids;
}

}  // namespace tn::cuda
