// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/codegen/scalar_text.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cmath>

#include "backends/cuda/codegen/prelude.h"

namespace tn::cuda {
namespace {

// How a function is written: {0} {1} {2} are operands, {t} is "f" on float.
struct Spelling {
  ScalarFunction function;
  std::string_view on_floats, on_integers;
};
using enum ScalarFunction;
constexpr std::array kSpellings = {
    Spelling{Add, "{0} + {1}", "int_add({0}, {1})"},
    Spelling{Sub, "{0} - {1}", "int_sub({0}, {1})"},
    Spelling{Mul, "{0} * {1}", "int_mul({0}, {1})"},
    Spelling{Div, "{0} / {1}", "int_div({0}, {1})"},
    Spelling{Mod, "float_mod({0}, {1})", "int_mod({0}, {1})"},
    Spelling{Fmod, "fmod{t}({0}, {1})", "int_fmod({0}, {1})"},
    Spelling{Pow, "pow{t}({0}, {1})", ""},
    Spelling{Min, "min_of({0}, {1})", "min_of({0}, {1})"},
    Spelling{Max, "max_of({0}, {1})", "max_of({0}, {1})"},
    Spelling{Neg, "-{0}", "int_neg({0})"},
    Spelling{Abs, "fabs{t}({0})", "int_abs({0})"},
    Spelling{Sign, "sign_of({0})", "sign_of({0})"},
    Spelling{Floor, "floor{t}({0})", ""},
    Spelling{Ceil, "ceil{t}({0})", ""},
    Spelling{Round, "rint{t}({0})", ""},
    Spelling{Trunc, "trunc{t}({0})", ""},
    Spelling{Sqrt, "sqrt{t}({0})", ""},
    Spelling{Rsqrt, "rsqrt_of({0})", ""},
    Spelling{Exp, "exp{t}({0})", ""},
    Spelling{Log, "log{t}({0})", ""},
    Spelling{Log1p, "log1p{t}({0})", ""},
    Spelling{Expm1, "expm1{t}({0})", ""},
    Spelling{Erf, "erf{t}({0})", ""},
    Spelling{Sigmoid, "sigmoid_of({0})", ""},
    Spelling{Sin, "sin{t}({0})", ""},
    Spelling{Cos, "cos{t}({0})", ""},
    Spelling{Tan, "tan{t}({0})", ""},
    Spelling{Asin, "asin{t}({0})", ""},
    Spelling{Acos, "acos{t}({0})", ""},
    Spelling{Atan, "atan{t}({0})", ""},
    Spelling{Sinh, "sinh{t}({0})", ""},
    Spelling{Cosh, "cosh{t}({0})", ""},
    Spelling{Tanh, "tanh{t}({0})", ""},
    Spelling{Asinh, "asinh{t}({0})", ""},
    Spelling{Acosh, "acosh{t}({0})", ""},
    Spelling{Atanh, "atanh{t}({0})", ""},
    Spelling{IsNan, "{0} != {0}", ""},
    Spelling{IsInf, "is_inf({0})", ""},
    Spelling{Equal, "{0} == {1}", "{0} == {1}"},
    Spelling{NotEqual, "{0} != {1}", "{0} != {1}"},
    Spelling{Less, "{0} < {1}", "{0} < {1}"},
    Spelling{LessOrEqual, "{0} <= {1}", "{0} <= {1}"},
    Spelling{And, "", "{0} & {1}"},
    Spelling{Or, "", "{0} | {1}"},
    Spelling{Xor, "", "{0} ^ {1}"},
    Spelling{Not, "", "~{0}"},
    Spelling{ShiftLeft, "", "shift_left({0}, {1})"},
    Spelling{ShiftRight, "", "shift_right({0}, {1})"},
    Spelling{Select, "{0} ? {1} : {2}", "{0} ? {1} : {2}"},
};

std::string call_text(const ScalarInstruction& step, ScalarType operand, const std::array<std::string, 3>& x) {
  const auto narrow = static_cast<DataType>(step.b);
  if (step.function == Cast) return fmt::format("convert<{}>({})", text_of(step.type), x[0]);
  if (step.function == RoundTo && is_small_integer(narrow))
    return fmt::format("low_bits<{}, {}>({})", bits_of(narrow), is_signed_integer(narrow), x[0]);
  if (step.function == RoundTo)
    return fmt::format("({})to_compute(convert<{}>({}))", text_of(step.type), text_of(narrow), x[0]);
  if (step.function == Not && operand == ScalarType::Bool) return "!" + x[0];
  for (const Spelling& spelling : kSpellings) {
    if (spelling.function != step.function) continue;
    const std::string_view text = is_float(operand) ? spelling.on_floats : spelling.on_integers;
    return fmt::format(fmt::runtime(text), x[0], x[1], x[2], fmt::arg("t", operand == ScalarType::F32 ? "f" : ""));
  }
  return {};
}

std::string float_literal(ScalarType type, double value) {
  const bool narrow = type == ScalarType::F32;
  if (!std::isfinite(value)) {
    if (narrow) return fmt::format("__uint_as_float({:#x}u)", std::bit_cast<uint32_t>(static_cast<float>(value)));
    return fmt::format("__longlong_as_double({:#x}ll)", std::bit_cast<uint64_t>(value));
  }
  std::string text = narrow ? fmt::format("{}", static_cast<float>(value)) : fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  if (narrow) text += "f";
  return std::signbit(value) ? "(" + text + ")" : text;
}

}  // namespace

std::string literal(ScalarType type, ScalarValue value) {
  switch (type) {
    case ScalarType::F32:
    case ScalarType::F64:
      return float_literal(type, value.f);
    case ScalarType::I32:
      return fmt::format("int32_t({}ll)", value.i);
    case ScalarType::I64:
      return value.i == INT64_MIN ? "(-9223372036854775807ll - 1)" : fmt::format("int64_t({}ll)", value.i);
    case ScalarType::U64:
      return fmt::format("uint64_t({}ull)", static_cast<uint64_t>(value.i));
    case ScalarType::Bool:
      return value.i != 0 ? "true" : "false";
  }
  return {};
}

ScalarText scalar_text(const ScalarProgram& program, std::span<const std::string> inputs, std::string_view prefix) {
  ScalarText text;
  std::vector<std::string> names;
  for (size_t i = 0; i < program.instructions.size(); ++i) {
    const ScalarInstruction& step = program.instructions[i];
    if (step.function == Constant) {
      names.push_back(literal(step.type, std::bit_cast<ScalarValue>(program.constants[step.a])));
      continue;
    }
    std::string value;
    if (step.function == Input) {
      value = inputs[step.a];
    } else {
      const int operands = info_of(step.function).operands;
      const std::array<std::string, 3> x = {names[step.a], operands > 1 ? names[step.b] : "",
                                            operands > 2 ? names[step.c] : ""};
      value = call_text(step, program.instructions[step.a].type, x);
    }
    names.push_back(fmt::format("{}{}", prefix, i));
    text.statements += fmt::format("  const {} {} = {};\n", text_of(step.type), names.back(), value);
  }
  for (const uint16_t result : program.results) text.results.push_back(names[result]);
  return text;
}

}  // namespace tn::cuda
