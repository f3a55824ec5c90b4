// SPDX-License-Identifier: Apache-2.0
#include "program/scalar_function.h"

#include <algorithm>
#include <array>

namespace tn {

namespace {

constexpr std::array<std::string_view, kScalarTypeCount> kTypeNames = {"f32", "f64", "i32", "i64", "u64", "bool"};

using enum ScalarTypes;
constexpr std::array<ScalarFunctionInfo, kScalarFunctionCount> kFunctions = {{
    {"input", 0, Any, false, 0},          {"constant", 0, Any, false, 0},
    {"cast", 1, Any, false, 0.5f},        {"round_to", 1, Number, false, 0.5f},
    {"add", 2, Number, false, 0.5f},      {"sub", 2, Number, false, 0.5f},
    {"mul", 2, Number, false, 0.5f},      {"div", 2, Number, false, 0.5f},
    {"mod", 2, Number, false, 0.5f},      {"fmod", 2, Number, false, 0},
    {"pow", 2, Float, false, 8},          {"min", 2, Number, false, 0},
    {"max", 2, Number, false, 0},         {"neg", 1, Number, false, 0},
    {"abs", 1, Number, false, 0},         {"sign", 1, Number, false, 0},
    {"floor", 1, Float, false, 0},        {"ceil", 1, Float, false, 0},
    {"round", 1, Float, false, 0},        {"trunc", 1, Float, false, 0},
    {"sqrt", 1, Float, false, 0.5f},      {"rsqrt", 1, Float, false, 1.5f},
    {"exp", 1, Float, false, 2},          {"log", 1, Float, false, 2},
    {"log1p", 1, Float, false, 4},        {"expm1", 1, Float, false, 4},
    {"erf", 1, Float, false, 5},          {"sigmoid", 1, Float, false, 4},
    {"sin", 1, Float, false, 2},          {"cos", 1, Float, false, 2},
    {"tan", 1, Float, false, 4},          {"asin", 1, Float, false, 4},
    {"acos", 1, Float, false, 4},         {"atan", 1, Float, false, 4},
    {"sinh", 1, Float, false, 4},         {"cosh", 1, Float, false, 4},
    {"tanh", 1, Float, false, 5},         {"asinh", 1, Float, false, 4},
    {"acosh", 1, Float, false, 4},        {"atanh", 1, Float, false, 4},
    {"is_nan", 1, Float, true, 0},        {"is_inf", 1, Float, true, 0},
    {"equal", 2, Any, true, 0},           {"not_equal", 2, Any, true, 0},
    {"less", 2, Number, true, 0},         {"less_or_equal", 2, Number, true, 0},
    {"and", 2, Bits, false, 0},           {"or", 2, Bits, false, 0},
    {"xor", 2, Bits, false, 0},           {"not", 1, Bits, false, 0},
    {"shift_left", 2, Integer, false, 0}, {"shift_right", 2, Integer, false, 0},
    {"select", 3, Any, false, 0},
}};

bool is_in(ScalarType type, ScalarTypes set) {
  switch (set) {
    case Any:
      return true;
    case Float:
      return is_float(type);
    case Number:
      return type != ScalarType::Bool;
    case Integer:
      return is_integer(type);
    case Bits:
      return !is_float(type);
  }
  return false;
}

}  // namespace

std::string_view name_of(ScalarType type) {
  return kTypeNames[static_cast<size_t>(type)];
}

std::optional<ScalarType> scalar_type_from_name(std::string_view name) {
  const auto found = std::find(kTypeNames.begin(), kTypeNames.end(), name);
  if (found == kTypeNames.end()) return std::nullopt;
  return static_cast<ScalarType>(found - kTypeNames.begin());
}

ScalarType compute_type(DataType storage) {
  switch (storage) {
    case DataType::F64:
      return ScalarType::F64;
    case DataType::F32:
    case DataType::F16:
    case DataType::BF16:
    case DataType::F8E4M3FN:
    case DataType::F8E4M3FNUZ:
    case DataType::F8E5M2:
    case DataType::F8E5M2FNUZ:
    case DataType::F8E8M0:
    case DataType::F6E2M3:
    case DataType::F6E3M2:
    case DataType::F4E2M1:
      return ScalarType::F32;
    case DataType::I32:
    case DataType::I16:
    case DataType::I8:
    case DataType::U16:
    case DataType::U8:
    case DataType::I4:
    case DataType::U4:
    case DataType::I2:
    case DataType::U2:
      return ScalarType::I32;
    case DataType::I64:
    case DataType::U32:
      return ScalarType::I64;
    case DataType::U64:
      return ScalarType::U64;
    case DataType::Bool:
      return ScalarType::Bool;
  }
  return ScalarType::F32;
}

DataType storage_type(ScalarType type) {
  switch (type) {
    case ScalarType::F32:
      return DataType::F32;
    case ScalarType::F64:
      return DataType::F64;
    case ScalarType::I32:
      return DataType::I32;
    case ScalarType::I64:
      return DataType::I64;
    case ScalarType::U64:
      return DataType::U64;
    case ScalarType::Bool:
      return DataType::Bool;
  }
  return DataType::F32;
}

const ScalarFunctionInfo& info_of(ScalarFunction function) {
  return kFunctions[static_cast<size_t>(function)];
}

std::optional<ScalarFunction> scalar_function_from_name(std::string_view name) {
  const auto found = std::find_if(kFunctions.begin(), kFunctions.end(), [&](const auto& f) { return f.name == name; });
  if (found == kFunctions.end()) return std::nullopt;
  return static_cast<ScalarFunction>(found - kFunctions.begin());
}

bool types_fit(ScalarFunction function, ScalarType result, std::span<const ScalarType> operands) {
  const ScalarFunctionInfo& info = info_of(function);
  if (static_cast<int>(operands.size()) != info.operands || operands.empty()) return false;
  if (function == ScalarFunction::Cast) return true;
  if (function == ScalarFunction::Select)
    return operands[0] == ScalarType::Bool && operands[1] == result && operands[2] == result;
  const ScalarType type = operands[0];
  if (!is_in(type, info.types) || operands.back() != type) return false;
  return result == (info.gives_bool ? ScalarType::Bool : type);
}

bool round_to_fits(ScalarType type, DataType narrow) {
  if (type == ScalarType::F64) return is_float(narrow);
  if (type == ScalarType::F32) return is_float(narrow) && narrow != DataType::F64;
  if (type == ScalarType::I32 || type == ScalarType::I64) return is_integer(narrow) && size_of(narrow) <= 4;
  return false;
}

}  // namespace tn
