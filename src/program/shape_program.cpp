// SPDX-License-Identifier: Apache-2.0
#include "program/shape_program.h"

#include <algorithm>
#include <limits>

namespace tn {

bool apply(ShapeFunction function, int64_t a, int64_t b, int64_t& result) noexcept {
  const bool divides =
      function == ShapeFunction::FloorDiv || function == ShapeFunction::CeilDiv || function == ShapeFunction::Mod;
  if (divides && (b == 0 || (b == -1 && a == std::numeric_limits<int64_t>::min()))) return false;
  const auto inexact = [&] { return a % b != 0; };
  const auto negative = [&] { return (a < 0) != (b < 0); };
  switch (function) {
    case ShapeFunction::Add:
      return !__builtin_add_overflow(a, b, &result);
    case ShapeFunction::Sub:
      return !__builtin_sub_overflow(a, b, &result);
    case ShapeFunction::Mul:
      return !__builtin_mul_overflow(a, b, &result);
    case ShapeFunction::FloorDiv:
      result = a / b - (inexact() && negative() ? 1 : 0);
      return true;
    case ShapeFunction::CeilDiv:
      result = a / b + (inexact() && !negative() ? 1 : 0);
      return true;
    case ShapeFunction::Mod:
      result = a % b + (inexact() && negative() ? b : 0);
      return true;
    case ShapeFunction::Min:
      result = std::min(a, b);
      return true;
    case ShapeFunction::Max:
      result = std::max(a, b);
      return true;
    case ShapeFunction::Constant:
    case ShapeFunction::Symbol:
      break;
  }
  return false;
}

void ShapeProgram::verify() const {
  if (instructions.size() > kMaxInstructions)
    throw Error(ErrorCode::InvalidEngine, "shape program: {} instructions; at most {}", instructions.size(),
                kMaxInstructions);
  for (size_t i = 0; i < instructions.size(); ++i) {
    const ShapeInstruction& step = instructions[i];
    if (static_cast<int>(step.function) >= kShapeFunctionCount)
      throw Error(ErrorCode::InvalidEngine, "shape program: instruction {}: unknown function", i);
    if (step.function == ShapeFunction::Constant) continue;
    const bool fits = step.function == ShapeFunction::Symbol ? step.a < symbols : step.a < i && step.b < i;
    if (!fits) throw Error(ErrorCode::InvalidEngine, "shape program: instruction {}: operand out of range", i);
  }
  for (const uint32_t result : results)
    if (result >= instructions.size())
      throw Error(ErrorCode::InvalidEngine, "shape program: result {} is no instruction", result);
}

void ShapeProgram::encode(ByteWriter& out) const {
  out.put(symbols);
  out.put(static_cast<uint32_t>(instructions.size()));
  for (const ShapeInstruction& step : instructions) {
    out.put(static_cast<uint8_t>(step.function));
    out.put(step.a);
    out.put(step.b);
    out.put(step.value);
  }
  out.put(static_cast<uint32_t>(results.size()));
  for (const uint32_t result : results) out.put(result);
}

ShapeProgram ShapeProgram::decode(ByteReader& in) {
  ShapeProgram program;
  program.symbols = in.get<uint32_t>();
  program.instructions.resize(in.get_count(17));
  for (ShapeInstruction& step : program.instructions) {
    step.function = static_cast<ShapeFunction>(in.get<uint8_t>());
    step.a = in.get<uint32_t>();
    step.b = in.get<uint32_t>();
    step.value = in.get<int64_t>();
  }
  program.results.resize(in.get_count(4));
  for (uint32_t& result : program.results) result = in.get<uint32_t>();
  program.verify();
  return program;
}

Status ShapeProgram::evaluate(std::span<const int64_t> symbol_values, std::span<int64_t> out,
                              std::span<int64_t> values) const noexcept {
  if (symbol_values.size() != symbols || out.size() != results.size() || values.size() < instructions.size())
    return Status::failure(
        ErrorCode::Internal, "shape program: got {} symbols, room for {} results and {} values; needs {}, {}, {}",
        symbol_values.size(), out.size(), values.size(), symbols, results.size(), instructions.size());
  for (size_t i = 0; i < instructions.size(); ++i) {
    const ShapeInstruction& step = instructions[i];
    if (step.function == ShapeFunction::Constant) {
      values[i] = step.value;
    } else if (step.function == ShapeFunction::Symbol) {
      values[i] = symbol_values[step.a];
    } else if (!apply(step.function, values[step.a], values[step.b], values[i])) {
      return Status::failure(ErrorCode::InvalidArgument, "a dimension overflows or divides by zero (values {} and {})",
                             values[step.a], values[step.b]);
    }
  }
  for (size_t r = 0; r < out.size(); ++r) out[r] = values[results[r]];
  return {};
}

}  // namespace tn
