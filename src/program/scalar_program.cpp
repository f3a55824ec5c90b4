// SPDX-License-Identifier: Apache-2.0
#include "program/scalar_program.h"

#include <array>

namespace tn {

namespace {

[[noreturn]] void bad(size_t index, std::string_view what) {
  throw Error(ErrorCode::InvalidEngine, "scalar program: instruction {}: {}", index, what);
}

void verify_instruction(const ScalarProgram& program, size_t index) {
  const ScalarInstruction& step = program.instructions[index];
  if (static_cast<int>(step.function) >= kScalarFunctionCount) bad(index, "unknown function");
  if (static_cast<int>(step.type) >= kScalarTypeCount) bad(index, "unknown type");
  if (step.function == ScalarFunction::Input) {
    if (step.a >= program.inputs.size()) bad(index, "no such input");
    if (program.inputs[step.a] != step.type) bad(index, "the input has another type");
    return;
  }
  if (step.function == ScalarFunction::Constant) {
    if (step.a >= program.constants.size()) bad(index, "no such constant");
    const auto bits = static_cast<int64_t>(program.constants[step.a]);
    if (step.type == ScalarType::Bool && (bits & ~1) != 0) bad(index, "a bool is neither 0 nor 1");
    if (step.type == ScalarType::I32 && bits != static_cast<int32_t>(bits)) bad(index, "the constant exceeds i32");
    return;
  }
  const int operands = info_of(step.function).operands;
  const std::array<uint16_t, 3> uses = {step.a, step.b, step.c};
  std::array<ScalarType, 3> types{};
  for (int k = 0; k < operands; ++k) {
    const auto use = uses[static_cast<size_t>(k)];
    if (use >= index) bad(index, "an operand is not an earlier value");
    types[static_cast<size_t>(k)] = program.instructions[use].type;
  }
  if (!types_fit(step.function, step.type, std::span(types).first(static_cast<size_t>(operands))))
    bad(index, "the types do not fit the function");
  if (step.function == ScalarFunction::RoundTo &&
      (step.b >= kDataTypeCount || !round_to_fits(step.type, static_cast<DataType>(step.b))))
    bad(index, "no such rounding");
}

}  // namespace

void ScalarProgram::verify() const {
  if (instructions.size() > kMaxInstructions || inputs.size() > kMaxInputs || results.size() > kMaxResults ||
      constants.size() > kMaxInstructions)
    throw Error(ErrorCode::InvalidEngine,
                "scalar program: {} instructions, {} inputs, {} results, {} constants; at most {}, {}, {}, {}",
                instructions.size(), inputs.size(), results.size(), constants.size(), kMaxInstructions, kMaxInputs,
                kMaxResults, kMaxInstructions);
  for (const ScalarType type : inputs)
    if (static_cast<int>(type) >= kScalarTypeCount)
      throw Error(ErrorCode::InvalidEngine, "scalar program: an input has an unknown type");
  for (size_t i = 0; i < instructions.size(); ++i) verify_instruction(*this, i);
  for (const uint16_t result : results)
    if (result >= instructions.size())
      throw Error(ErrorCode::InvalidEngine, "scalar program: result {} is no instruction", result);
}

void ScalarProgram::encode(ByteWriter& out) const {
  out.put(static_cast<uint32_t>(inputs.size()));
  for (const ScalarType type : inputs) out.put(static_cast<uint8_t>(type));
  out.put(static_cast<uint32_t>(constants.size()));
  for (const uint64_t bits : constants) out.put(bits);
  out.put(static_cast<uint32_t>(instructions.size()));
  for (const ScalarInstruction& step : instructions) {
    out.put(static_cast<uint8_t>(step.function));
    out.put(static_cast<uint8_t>(step.type));
    out.put(step.a);
    out.put(step.b);
    out.put(step.c);
  }
  out.put(static_cast<uint32_t>(results.size()));
  for (const uint16_t result : results) out.put(result);
}

ScalarProgram ScalarProgram::decode(ByteReader& in) {
  ScalarProgram program;
  program.inputs.resize(in.get_count(1));
  for (ScalarType& type : program.inputs) type = static_cast<ScalarType>(in.get<uint8_t>());
  program.constants.resize(in.get_count(8));
  for (uint64_t& bits : program.constants) bits = in.get<uint64_t>();
  program.instructions.resize(in.get_count(8));
  for (ScalarInstruction& step : program.instructions) {
    step.function = static_cast<ScalarFunction>(in.get<uint8_t>());
    step.type = static_cast<ScalarType>(in.get<uint8_t>());
    step.a = in.get<uint16_t>();
    step.b = in.get<uint16_t>();
    step.c = in.get<uint16_t>();
  }
  program.results.resize(in.get_count(2));
  for (uint16_t& result : program.results) result = in.get<uint16_t>();
  program.verify();
  return program;
}

}  // namespace tn
