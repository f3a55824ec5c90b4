// SPDX-License-Identifier: Apache-2.0
// What an elementwise region computes per element, as a plan stores it: a straight line of typed operations.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/data_type.h"
#include "program/scalar_function.h"

namespace tn {

/// One value in SSA order. a, b, c are indices of earlier instructions, except: Input: a = input index; Constant: a =
/// constant index; RoundTo: b = the DataType. `type` is the type of the result.
struct ScalarInstruction {
  ScalarFunction function = ScalarFunction::Input;
  ScalarType type = ScalarType::F32;
  uint16_t a = 0, b = 0, c = 0;
  bool operator==(const ScalarInstruction&) const = default;
};

/// A value of any ScalarType: F32 and F64 in `f`; the others in `i` (I32 sign-extended, U64 as its bits, Bool 0 or 1).
union ScalarValue {
  double f;
  int64_t i;
};
static_assert(sizeof(ScalarValue) == 8);

struct ScalarProgram {
  static constexpr size_t kMaxInstructions = 4096;
  static constexpr size_t kMaxInputs = 64;
  static constexpr size_t kMaxResults = 64;

  std::vector<ScalarType> inputs;
  std::vector<uint64_t> constants;  ///< bits of a ScalarValue of the type of the instruction that names it
  std::vector<ScalarInstruction> instructions;
  std::vector<uint16_t> results;  ///< instruction indices

  ScalarType result_type(size_t result) const { return instructions[results[result]].type; }
  bool operator==(const ScalarProgram&) const = default;

  /// Throws Error(InvalidEngine) when an index, a type or a size is wrong. Everything else assumes a verified program.
  void verify() const;
  void encode(ByteWriter& out) const;
  /// Reads and verifies; throws Error(InvalidEngine).
  static ScalarProgram decode(ByteReader& in);
};

/// Typed: every F32 value is rounded to float. Double: F32 values stay doubles between loads, casts and stores; this is
/// the definition that compiled code is held against.
enum class FloatMode : uint8_t { Typed, Double };

/// Runs a verified program over `count` elements. inputs[k] and results[k] point at `count` values each; `scratch` has
/// instructions.size() * count values. Integers wrap; division by zero gives 0; shifts by the width or more give 0
/// (arithmetic right shifts: the sign); a cast from float to integer truncates and saturates, NaN gives 0.
void evaluate(const ScalarProgram& program, FloatMode mode, int64_t count, const ScalarValue* const* inputs,
              ScalarValue* const* results, std::span<ScalarValue> scratch) noexcept;

/// The same for one element; allocates its scratch.
std::vector<ScalarValue> evaluate(const ScalarProgram& program, std::span<const ScalarValue> inputs,
                                  FloatMode mode = FloatMode::Double);

/// One step of a program on known operands (in the types of the step's operands), as constant folding needs it.
ScalarValue evaluate_step(const ScalarInstruction& step, ScalarType operand_type, std::span<const ScalarValue> operands,
                          FloatMode mode) noexcept;

}  // namespace tn
