// SPDX-License-Identifier: Apache-2.0
#include "tuning/requantization.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "tuning/epilogue_operands.h"

namespace tn {
namespace {

/// clamp(round(x / scale) + zero_point, low, high)
struct Quantized {
  Expr x;
  double scale = 1;
  RoundedTo to;

  int64_t of(double number) const {
    const float quotient = static_cast<float>(static_cast<float>(number) / static_cast<float>(scale));
    return static_cast<int64_t>(
        std::clamp(std::nearbyint(static_cast<double>(quotient)) + static_cast<double>(to.zero_point),
                   static_cast<double>(to.low), static_cast<double>(to.high)));
  }
};

/// The first operand of a function whose second is a number, which goes to `number`.
std::optional<Expr> with_number(const Expr& expr, ScalarFunction function, double& number) {
  if (expr.function() != function || !expr.operands()[1].is_constant() || expr.type() != ScalarType::F32)
    return std::nullopt;
  number = expr.operands()[1].value().f;
  return expr.operands()[0];
}

std::optional<Quantized> match_quantized(const Expr& expr) {
  if (expr.function() != ScalarFunction::Cast || expr.type() != ScalarType::I32) return std::nullopt;
  double low = 0, high = 0, zero_point = 0, scale = 1;
  auto at = with_number(expr.operands()[0], ScalarFunction::Min, high);
  if (at) at = with_number(*at, ScalarFunction::Max, low);
  if (!at || high - low != 255) return std::nullopt;
  if (const auto before = with_number(*at, ScalarFunction::Add, zero_point)) at = before;
  if (at->function() != ScalarFunction::Round) return std::nullopt;
  at = at->operands()[0];
  if (at->function() == ScalarFunction::RoundTo && at->narrow() == DataType::F32) at = at->operands()[0];
  if (const auto before = with_number(*at, ScalarFunction::Div, scale)) at = before;
  return Quantized{
      *at, scale, {static_cast<int64_t>(zero_point), static_cast<int64_t>(low), static_cast<int64_t>(high)}};
}

/// Collects the first quantizations that all that expr takes from Input 0 goes through; false if some does not.
bool first_quantizations(const Expr& expr, std::map<Hash, Expr>& found) {
  if (expr.is_input()) return expr.index() != 0;
  if (const auto quantized = match_quantized(expr)) {
    std::map<Hash, Expr> before;
    if (first_quantizations(quantized->x, before)) {
      found.merge(before);
    } else {
      found.emplace(expr.hash(), expr);
    }
    return true;
  }
  return std::ranges::all_of(expr.operands(), [&](const Expr& operand) { return first_quantizations(operand, found); });
}

/// expr with a part replaced wherever it occurs.
Expr replaced(const Expr& expr, const Expr& part, const Expr& by, std::map<Hash, Expr>& done) {
  if (expr == part) return by;
  if (expr.operands().empty()) return expr;
  if (const auto found = done.find(expr.hash()); found != done.end()) return found->second;
  std::vector<Expr> operands;
  for (const Expr& operand : expr.operands()) operands.push_back(replaced(operand, part, by, done));
  const Expr result = expr.function() == ScalarFunction::RoundTo ? round_to(operands[0], expr.narrow())
                                                                 : call(expr.function(), operands, expr.type());
  done.emplace(expr.hash(), result);
  return result;
}

void collect_inputs(const Expr& expr, std::vector<int>& indices) {
  if (expr.is_input()) indices.push_back(expr.index());
  for (const Expr& operand : expr.operands()) collect_inputs(operand, indices);
}

/// What becomes of each byte that `first` may give; nothing if that is not all that `whole` depends on.
std::optional<std::array<uint8_t, 256>> table_of(const Expr& whole, const Expr& first, const Quantized& quantized) {
  const Expr rest = with_replaced(whole, first, input(0, ScalarType::I32));
  std::vector<int> inputs;
  collect_inputs(rest, inputs);
  if (std::ranges::any_of(inputs, [](int index) { return index != 0; })) return std::nullopt;
  const ScalarType types[] = {ScalarType::I32};
  const ScalarProgram program = lower(std::span(&rest, 1), types);
  std::array<uint8_t, 256> table{};
  for (int64_t q = quantized.to.low; q <= quantized.to.high; ++q) {
    ScalarValue value{};
    value.i = q;
    table[static_cast<size_t>(q & 0xff)] = static_cast<uint8_t>(evaluate(program, std::span(&value, 1))[0].i);
  }
  return table;
}

/// (input − zero point) · scale
struct Dequantized {
  Expr expr;
  double scale = 1;
  int64_t zero_point = 0;
};

/// The number that stands for Input `index` in expr.
std::optional<Dequantized> find_dequantized(const Expr& expr, int index) {
  double scale = 1;
  const auto product = with_number(expr, ScalarFunction::Mul, scale);
  const Expr number = product ? *product : expr;
  if (number.function() == ScalarFunction::Cast && number.type() == ScalarType::F32) {
    Expr distance = number.operands()[0];
    int64_t zero_point = 0;
    if (distance.function() == ScalarFunction::Sub && distance.operands()[1].is_constant()) {
      zero_point = distance.operands()[1].value().i;
      distance = distance.operands()[0];
    }
    if (distance.is_input() && distance.index() == index) return Dequantized{expr, scale, zero_point};
  }
  for (const Expr& operand : expr.operands()) {
    if (auto found = find_dequantized(operand, index)) return found;
  }
  return std::nullopt;
}

/// The bounds of quantized, narrowed by what clips one of the sums in its x; nothing if x is anything else.
std::optional<std::pair<int64_t, int64_t>> match_clip(const Quantized& quantized, std::span<const Expr> sums) {
  double low = 0, high = 0;
  std::pair bounds = {quantized.to.low, quantized.to.high};
  Expr at = quantized.x;
  if (const auto before = with_number(at, ScalarFunction::Min, high)) {
    bounds.second = std::min(bounds.second, quantized.of(high));
    at = *before;
  }
  if (const auto before = with_number(at, ScalarFunction::Max, low)) {
    bounds.first = std::max(bounds.first, quantized.of(low));
    at = *before;
  }
  bounds.second = std::max(bounds.second, bounds.first);
  if (std::ranges::find(sums, at) == sums.end()) return std::nullopt;
  return bounds;
}

/// The region's expression with operands that are one number written as such.
Expr with_scalars(const Region& region) {
  std::vector<Expr> inputs = {input(0)};
  for (size_t i = 0; i < region.expression_inputs.size(); ++i) {
    const Tensor& tensor = region.input(region.expression_inputs[i]);
    const ScalarType type = compute_type(tensor.type.type);
    const bool number = tensor.constant && tensor.constant->elements() == 1;
    inputs.push_back(!number                      ? input(static_cast<int>(i) + 1, type)
                     : is_float(tensor.type.type) ? constant(tensor.constant->number(0), type)
                                                  : constant_int(tensor.constant->integer(0), type));
  }
  return substitute(region.expressions[0], inputs);
}

struct Operands {
  std::optional<int> bias, residual;  ///< Inputs of the expression
};

/// What x reads besides Input `result`, the number of what comes before it.
std::optional<Operands> operands_of(const Region& region, const Expr& x, int channel_axis, int result = 0) {
  std::vector<int> indices;
  collect_inputs(x, indices);
  Operands operands;
  for (const int index : indices) {
    if (index == result) continue;
    const int at = region.expression_inputs[static_cast<size_t>(index) - 1];
    const Tensor& tensor = region.input(at);
    const bool bytes = tensor.type.type == DataType::U8 || tensor.type.type == DataType::I8;
    const bool is_bias =
        tensor.constant && tensor.type.type == DataType::F32 && is_per_channel(region, at, channel_axis);
    std::optional<int>& place = is_bias ? operands.bias : operands.residual;
    if (place.value_or(index) != index) return std::nullopt;
    if (!is_bias && (!bytes || tensor.type.dims != region.output_type(0).dims)) return std::nullopt;
    place = index;
  }
  return operands;
}

int region_input(const Region& region, int expression_input) {
  return region.expression_inputs[static_cast<size_t>(expression_input) - 1];
}

std::vector<Expr> either_order(std::span<const Expr> sums, const Expr& term) {
  std::vector<Expr> result;
  for (const Expr& sum : sums) result.insert(result.end(), {sum + term, term + sum});
  return result;
}

/// What comes before the first quantization.
bool match_first(const Region& region, const Quantized& quantized, int channel_axis, MatchedRequantization& matched) {
  const auto operands = operands_of(region, quantized.x, channel_axis);
  if (!operands) return false;
  matched.scale = quantized.scale;
  matched.rounded = quantized.to;
  std::vector<Expr> sums = {input(0)};
  if (operands->bias) {
    matched.bias = region.input(region_input(region, *operands->bias)).constant;
    sums = either_order(sums, input(*operands->bias));
  }
  if (operands->residual) {
    const auto residual = find_dequantized(quantized.x, *operands->residual);
    if (!residual) return false;
    matched.residual_input = region_input(region, *operands->residual);
    matched.residual_scale = residual->scale / quantized.scale;
    matched.residual_offset = -static_cast<double>(residual->zero_point) * residual->scale;
    sums = either_order(sums, residual->expr);
  }
  if (const auto bounds = match_clip(quantized, sums)) {
    std::tie(matched.rounded.low, matched.rounded.high) = *bounds;
    return true;
  }
  if (operands->residual) return false;
  matched.inverse = 1 / quantized.scale;
  matched.scale = 1;
  for (const Expr& sum : sums) {
    const Expr activation = with_replaced(quantized.x, sum, input(0));
    std::vector<int> inputs;
    collect_inputs(activation, inputs);
    if (std::ranges::any_of(inputs, [](int index) { return index != 0; })) continue;
    matched.activation = activation;
    return true;
  }
  return false;
}

/// Quantize behind the number of `first` + a residual.
bool match_again(const Region& region, const Expr& whole, const Expr& first, int channel_axis,
                 MatchedRequantization& matched) {
  auto quantized = match_quantized(whole);
  if (!quantized || matched.residual_input != kNone) return false;
  const int result = static_cast<int>(region.expression_inputs.size()) + 1;
  quantized->x = with_replaced(quantized->x, first, input(result, ScalarType::I32));
  const auto operands = operands_of(region, quantized->x, channel_axis, result);
  if (!operands || operands->bias || !operands->residual) return false;
  const auto number = find_dequantized(quantized->x, result);
  const auto residual = find_dequantized(quantized->x, *operands->residual);
  if (!number || !residual) return false;
  const auto bounds = match_clip(*quantized, either_order({&number->expr, 1}, residual->expr));
  if (!bounds) return false;
  matched.residual_input = region_input(region, *operands->residual);
  matched.residual_scale = residual->scale / quantized->scale;
  MatchedRequantization::Again& again = matched.again.emplace();
  again.scale = number->scale / quantized->scale;
  again.offset = -(static_cast<double>(number->zero_point) * number->scale +
                   static_cast<double>(residual->zero_point) * residual->scale) /
                 quantized->scale;
  again.rounded = {quantized->to.zero_point, bounds->first, bounds->second};
  return true;
}

}  // namespace

Expr with_replaced(const Expr& expr, const Expr& part, const Expr& by) {
  std::map<Hash, Expr> done;
  return replaced(expr, part, by, done);
}

std::optional<MatchedRequantization> match_requantization(const Region& region, int channel_axis) {
  const DataType to = region.output_type(0).type;
  if (region.outputs() != 1 || region.expressions.empty() || (to != DataType::U8 && to != DataType::I8))
    return std::nullopt;
  const Expr whole = with_scalars(region);
  std::map<Hash, Expr> found;
  if (!first_quantizations(whole, found) || found.size() != 1) return std::nullopt;
  const Expr first = found.begin()->second;
  const Quantized quantized = *match_quantized(first);
  MatchedRequantization matched;
  if (!match_first(region, quantized, channel_axis, matched)) return std::nullopt;
  if (whole == first) return matched;
  matched.table = table_of(whole, first, quantized);
  if (matched.table || match_again(region, whole, first, channel_axis, matched)) return matched;
  return std::nullopt;
}

}  // namespace tn
