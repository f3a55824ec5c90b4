// SPDX-License-Identifier: Apache-2.0
// The closed set of scalar functions. Every emitter has all of them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/data_type.h"

namespace tn {

enum class ScalarType : uint8_t { F32, F64, I32, I64, U64, Bool };
inline constexpr int kScalarTypeCount = 6;

/// "f32", "bool" …
std::string_view name_of(ScalarType type);
std::optional<ScalarType> scalar_type_from_name(std::string_view name);
inline bool is_float(ScalarType type) {
  return type == ScalarType::F32 || type == ScalarType::F64;
}
inline bool is_integer(ScalarType type) {
  return type == ScalarType::I32 || type == ScalarType::I64 || type == ScalarType::U64;
}
/// The type in which values of a storage type are computed: F16 and BF16 in F32, I16, I8, U16 and U8 in I32, U32 in
/// I64.
ScalarType compute_type(DataType storage);
/// The storage type that holds a scalar type without loss.
DataType storage_type(ScalarType type);

enum class ScalarFunction : uint8_t {
  // clang-format off
  Input, Constant,
  Cast,     ///< any to any
  RoundTo,  ///< F32, F64: the rounding of F16, BF16 (or F32) kept; I32, I64: wraps like I8, U8, I16, U16, U32, I32
  // arithmetic
  Add, Sub, Mul,
  Div,      ///< integers truncate
  Mod,      ///< sign of the divisor
  Fmod,     ///< sign of the dividend
  Pow,
  Min, Max, ///< NaN if either is
  Neg, Abs, Sign,
  Floor, Ceil,
  Round,    ///< half to even
  Trunc,
  // analysis
  Sqrt, Rsqrt, Exp, Log, Log1p, Expm1, Erf, Sigmoid,
  Sin, Cos, Tan, Asin, Acos, Atan, Sinh, Cosh, Tanh, Asinh, Acosh, Atanh,
  // truth
  IsNan, IsInf, Equal, NotEqual, Less, LessOrEqual,
  And, Or, Xor, Not,      ///< logical on Bool, bitwise on integers
  ShiftLeft, ShiftRight,  ///< ShiftRight is arithmetic on I32 and I64
  Select,                 ///< a ? b : c
  // clang-format on
};
inline constexpr int kScalarFunctionCount = static_cast<int>(ScalarFunction::Select) + 1;

/// Which types a function takes. Its operands all have one type (Select: Bool first).
enum class ScalarTypes : uint8_t { Any, Float, Number, Integer, Bits };

struct ScalarFunctionInfo {
  std::string_view name;
  int operands;
  ScalarTypes types;
  bool gives_bool;
  /// Largest error of compiled F32 code against the exact value, in units in the last place. It holds for results that
  /// are normal numbers; subnormal results may be flushed to zero. Sin, Cos, Tan: for |x| up to 2^15, beyond which they
  /// are computed by the C library.
  float max_ulp;
};
const ScalarFunctionInfo& info_of(ScalarFunction function);
std::optional<ScalarFunction> scalar_function_from_name(std::string_view name);

/// Whether `function` can make a `result` from operands of these types (Input and Constant excepted).
bool types_fit(ScalarFunction function, ScalarType result, std::span<const ScalarType> operands);
/// Whether RoundTo of a value of this type may name `narrow`.
bool round_to_fits(ScalarType type, DataType narrow);

}  // namespace tn
