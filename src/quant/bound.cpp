// SPDX-License-Identifier: Apache-2.0
#include "quant/bound.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "expr/expr.h"
#include "ops/definition.h"
#include "ops/reduce/reduce.h"

namespace tn::quant {
namespace {

// Each is largest where all operands are at an end of their range.
constexpr std::array<std::string_view, 7> kExtremeAtEnds = {"Add", "Sub", "Mul", "Max", "Min", "Sum", "Mean"};
constexpr size_t kMostOperands = 8;

/// What an operand may be.
struct Values {
  std::vector<double> numbers;
  bool is_range = false;  ///< the numbers are those of a rounded tensor, not one number
  bool is_unsigned = false;
};

std::vector<double> levels(const QParams& params) {
  const bool is_signed = params.type == DataType::I8;
  std::vector<double> numbers;
  for (int q = is_signed ? -127 : 0; q <= (is_signed ? 127 : 255); ++q)
    numbers.push_back(static_cast<double>(params.scale) * (q - params.zero_point));
  return numbers;
}

std::optional<Values> values_of(const Tensor& tensor, const Plan& plan) {
  if (tensor.type.type != DataType::F32) return std::nullopt;
  if (const Constant* constant = tensor.constant.get()) {
    if (constant->elements() == 0) return std::nullopt;
    double least = constant->number(0), most = least;
    for (int64_t i = 1; i < constant->elements(); ++i) {
      least = std::min(least, constant->number(i));
      most = std::max(most, constant->number(i));
    }
    if (constant->is_splat()) return Values{{least}, false, least >= 0};
    return Values{{least, most}, true, least >= 0};
  }
  const auto known = plan.find(tensor.name);
  if (known == plan.end()) return std::nullopt;
  return Values{levels(known->second), true, known->second.type == DataType::U8};
}

/// What an expression may be.
struct Extremes {
  double least = INFINITY, most = -INFINITY;
};

// Over all combinations of the operands' values.
Extremes extremes(const ScalarProgram& program, const std::vector<Values>& operands) {
  Extremes result;
  std::vector<size_t> at(operands.size());
  std::vector<ScalarValue> numbers(operands.size());
  for (;;) {
    for (size_t i = 0; i < at.size(); ++i) numbers[i].f = operands[i].numbers[at[i]];
    const double value = evaluate(program, numbers)[0].f;
    if (!std::isfinite(value)) return {0, INFINITY};
    result.least = std::min(result.least, value);
    result.most = std::max(result.most, value);
    size_t digit = 0;
    while (digit < at.size() && ++at[digit] == operands[digit].numbers.size()) at[digit++] = 0;
    if (digit == at.size()) return result;
  }
}

std::string describe(const Graph& graph, const Node& node, const std::vector<Values>& operands) {
  std::vector<std::string> parts;
  for (size_t i = 0; i < operands.size(); ++i) {
    double most = 0;
    for (const double number : operands[i].numbers) most = std::max(most, std::fabs(number));
    parts.push_back(fmt::format("'{}' of at most {:.4g}", graph.tensor(node.inputs[i]).name, most));
  }
  return fmt::format("{} of {}", node.op->name(), fmt::join(parts, ", "));
}

std::optional<Bound> elementwise(const Graph& graph, const Node& node, const ops::Elementwise& op, const Plan& plan) {
  if (node.inputs.empty() || node.inputs.size() > kMostOperands) return std::nullopt;
  std::vector<Values> operands;
  std::vector<Expr> inputs;
  for (const TensorId id : node.inputs) {
    auto values = id == kNone ? std::nullopt : values_of(graph.tensor(id), plan);
    if (!values) return std::nullopt;
    operands.push_back(*std::move(values));
    inputs.push_back(input(static_cast<int>(inputs.size())));
  }
  if (std::ranges::count_if(operands, &Values::is_range) > 1) {
    if (std::ranges::find(kExtremeAtEnds, op.name()) == kExtremeAtEnds.end()) return std::nullopt;
    for (Values& operand : operands) {
      const auto [least, most] = std::ranges::minmax(operand.numbers);
      operand.numbers = {least, most};
    }
  }
  const Expr expression = op.expression(inputs);
  const Extremes range = extremes(lower(std::span(&expression, 1)), operands);
  const auto magnitude = static_cast<float>(std::max(std::fabs(range.least), std::fabs(range.most)));
  if (!std::isfinite(magnitude)) return std::nullopt;
  const bool is_unsigned = range.least >= 0 && std::ranges::all_of(operands, &Values::is_unsigned);
  return Bound{from_range(magnitude, is_unsigned ? DataType::U8 : DataType::I8, Source::Inferred),
               describe(graph, node, operands)};
}

bool averages(const Node& node) {
  if (node.op->name() == "AveragePool") return true;
  const auto* reduce = dynamic_cast<const ops::Reduce*>(node.op.get());
  return reduce && reduce->mode != ops::ReduceMode::Sum && reduce->mode != ops::ReduceMode::Prod;
}

}  // namespace

std::optional<Bound> bound_of(const Graph& graph, const Node& node, const Plan& plan) {
  if (node.outputs.empty() || graph.tensor(node.outputs[0]).type.type != DataType::F32) return std::nullopt;
  if (const auto* op = dynamic_cast<const ops::Elementwise*>(node.op.get())) return elementwise(graph, node, *op, plan);
  if (!averages(node)) return std::nullopt;
  const Tensor& operand = graph.tensor(node.inputs[0]);
  const auto known = plan.find(operand.name);
  if (known == plan.end()) return std::nullopt;
  Bound bound{known->second,
              fmt::format("{} of '{}' of at most {:.4g}", node.op->name(), operand.name, range_of(known->second))};
  bound.params.source = Source::Inferred;
  return bound;
}

}  // namespace tn::quant
