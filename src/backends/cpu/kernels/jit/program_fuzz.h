// SPDX-License-Identifier: Apache-2.0
// Programs and random data for tests.
#pragma once

#include <cmath>
#include <cstring>
#include <random>

#include "backends/cpu/kernels/jit/compiled_elementwise.h"
#include "base/tensor_view.h"
#include "program/scalar_program.h"

namespace tn {

/// Those of this processor.
inline std::vector<ElementwiseIsa> isas() {
  std::vector<ElementwiseIsa> all = {ElementwiseIsa::Portable};
  for (const auto isa : {ElementwiseIsa::Avx2, ElementwiseIsa::Avx512})
    if (isa <= best_elementwise_isa()) all.push_back(isa);
  return all;
}

/// f(in0, …) of inputs of one type; Select gets (in0 < in1 ? in0 : in1).
inline ScalarProgram program_of(ScalarFunction function, ScalarType type, ScalarType result) {
  ScalarProgram program;
  const auto operands = static_cast<size_t>(info_of(function).operands);
  program.inputs.assign(operands, type);
  for (uint16_t k = 0; k < operands; ++k) program.instructions.push_back({ScalarFunction::Input, type, k});
  program.instructions.push_back({function, result, 0, 1, 2});
  program.results = {static_cast<uint16_t>(operands)};
  return program;
}

/// Bytes of `count` elements: small numbers, edge values and arbitrary bits.
inline std::vector<std::byte> random_elements(DataType type, int64_t count, std::mt19937& random) {
  std::vector<std::byte> bytes(size_of(type) * static_cast<size_t>(count));
  const TensorView view = TensorView::dense(bytes.data(), type, Shape{count});
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  std::uniform_int_distribution<int> small(-9, 9), pick(0, 3);
  for (int64_t i = 0; i < count; ++i) {
    if (type == DataType::Bool)
      store_int64(view, i, pick(random) % 2);
    else if (is_float(type) && pick(random) != 0)
      store_double(view, i, small(random) * 0.37);
    else if (is_integer(type) && pick(random) > 1)
      store_int64(view, i, small(random));
  }
  return bytes;
}

/// A program of `length` random instructions over `inputs` whose compiled F32 results have the same bits as interpreted
/// ones: no analytic functions on F32, and no products of floats (they may be contracted).
inline ScalarProgram random_program(std::span<const ScalarType> inputs, int length, int results, std::mt19937& random) {
  ScalarProgram program;
  program.inputs.assign(inputs.begin(), inputs.end());
  for (uint16_t k = 0; k < inputs.size(); ++k) program.instructions.push_back({ScalarFunction::Input, inputs[k], k});
  const auto pick = [&](size_t count) { return static_cast<uint16_t>(random() % count); };
  while (program.instructions.size() < inputs.size() + static_cast<size_t>(length)) {
    const auto function = static_cast<ScalarFunction>(2 + pick(kScalarFunctionCount - 2));
    const ScalarFunctionInfo& info = info_of(function);
    const uint16_t uses[] = {pick(program.instructions.size()), pick(program.instructions.size()),
                             pick(program.instructions.size())};
    const auto type = [&](int k) { return program.instructions[uses[k]].type; };
    const bool analytic = function >= ScalarFunction::Rsqrt && function <= ScalarFunction::Atanh;
    const bool product = function == ScalarFunction::Mul || function == ScalarFunction::Pow;
    if (analytic && random() % 8 != 0) continue;  // slow: called lane by lane
    if ((analytic && type(0) == ScalarType::F32) || (product && is_float(type(0)))) continue;
    ScalarInstruction step{function, type(0), uses[0], uses[1], uses[2]};
    if (info.gives_bool) step.type = ScalarType::Bool;
    if (function == ScalarFunction::Select) step.type = type(1);
    if (function == ScalarFunction::Cast) step.type = program.inputs[pick(program.inputs.size())];
    if (function == ScalarFunction::RoundTo) step.b = pick(kDataTypeCount);
    const ScalarType types[] = {type(0), type(1), type(2)};
    if (!types_fit(function, step.type, std::span(types).first(static_cast<size_t>(info.operands)))) continue;
    if (function == ScalarFunction::RoundTo && !round_to_fits(step.type, static_cast<DataType>(step.b))) continue;
    program.instructions.push_back(step);
  }
  for (int r = 0; r < results; ++r)
    program.results.push_back(static_cast<uint16_t>(program.instructions.size() - 1 - static_cast<size_t>(r)));
  program.verify();
  return program;
}

}  // namespace tn
