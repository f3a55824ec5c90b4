// SPDX-License-Identifier: Apache-2.0
// Between expressions and the programs that plans store.
#include <algorithm>
#include <bit>
#include <map>

#include "expr/node.h"

namespace tn {

namespace {

void require_room(size_t count, size_t limit, std::string_view what) {
  if (count > limit)
    throw Error(ErrorCode::Unsupported, "a fused expression has {} {}; at most {}", count, what, limit);
}

void set_input_types(ScalarProgram& program, std::span<const Expr> results) {
  for (const Expr& result : results)
    visit_once(result, [&](const Expr& x) {
      if (x.is_input()) program.inputs[static_cast<size_t>(x.index())] = x.type();
    });
}

ScalarInstruction instruction_of(const Expr& x, const std::map<Hash, uint16_t>& index, ScalarProgram& program) {
  ScalarInstruction step{x.function(), x.type()};
  if (x.is_input()) {
    step.a = static_cast<uint16_t>(x.index());
  } else if (x.is_constant()) {
    step.a = static_cast<uint16_t>(program.constants.size());
    program.constants.push_back(std::bit_cast<uint64_t>(x.value()));
  } else {
    const auto operands = x.operands();
    step.a = index.at(operands[0].hash());
    if (operands.size() > 1) step.b = index.at(operands[1].hash());
    if (operands.size() > 2) step.c = index.at(operands[2].hash());
    if (x.function() == ScalarFunction::RoundTo) step.b = static_cast<uint16_t>(x.narrow());
  }
  return step;
}

}  // namespace

ScalarProgram lower(std::span<const Expr> results, std::span<const ScalarType> inputs) {
  ScalarProgram program;
  const auto used = static_cast<size_t>(input_count(results));
  require_room(std::max(used, inputs.size()), ScalarProgram::kMaxInputs, "inputs");
  require_room(results.size(), ScalarProgram::kMaxResults, "results");
  program.inputs.resize(std::max(used, inputs.size()), ScalarType::F32);
  std::copy(inputs.begin(), inputs.end(), program.inputs.begin());
  set_input_types(program, results);

  std::map<Hash, uint16_t> index;
  for (const Expr& result : results) {
    visit_once(result, [&](const Expr& x) {
      if (index.contains(x.hash())) return;
      require_room(program.instructions.size() + 1, ScalarProgram::kMaxInstructions, "operations");
      program.instructions.push_back(instruction_of(x, index, program));
      index.emplace(x.hash(), static_cast<uint16_t>(program.instructions.size() - 1));
    });
    program.results.push_back(index.at(result.hash()));
  }
  program.verify();
  return program;
}

std::vector<Expr> raise(const ScalarProgram& program) {
  std::vector<Expr> values;
  for (const ScalarInstruction& step : program.instructions) {
    if (step.function == ScalarFunction::Input) {
      values.push_back(input(step.a, step.type));
    } else if (step.function == ScalarFunction::Constant) {
      values.push_back(constant_of(std::bit_cast<ScalarValue>(program.constants[step.a]), step.type));
    } else if (step.function == ScalarFunction::RoundTo) {
      values.push_back(round_to(values[step.a], static_cast<DataType>(step.b)));
    } else {
      std::vector<Expr> operands = {values[step.a]};
      if (info_of(step.function).operands > 1) operands.push_back(values[step.b]);
      if (info_of(step.function).operands > 2) operands.push_back(values[step.c]);
      values.push_back(call(step.function, operands, step.type));
    }
  }
  std::vector<Expr> results;
  for (const uint16_t result : program.results) results.push_back(values[result]);
  return results;
}

}  // namespace tn
