// SPDX-License-Identifier: Apache-2.0
// The machine-independent middle of the compiler: straight-line code over vectors of lanes, made from a ScalarProgram
// (translate.h), given registers (allocate.h) and written as machine code (emit.h).
//
// All vectors of a piece of code have the same number of lanes. Where every value has 32 bits they fill the registers;
// as soon as one has 64 bits (`wide`), 32-bit values use the lower half of theirs, and what the upper half holds does
// not matter. A Bool is a 32-bit lane of all ones or all zeros.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/data_type.h"
#include "program/scalar_program.h"

namespace tn::jit {

enum class JitIsa : uint8_t { Avx2, Avx512 };
inline int register_bytes(JitIsa isa) {
  return isa == JitIsa::Avx2 ? 32 : 64;
}

enum class VectorOp : uint8_t {
  // clang-format off
  Constant,               ///< immediate: the bits of a lane
  Load,                   ///< immediate: memory index; form
  Store,                  ///< a; immediate: memory index; form; no value
  AddF, SubF, MulF, DivF, SqrtF,
  MinF, MaxF,             ///< b if either is NaN
  Fma,                    ///< a * b + c
  Fnma,                   ///< c - a * b
  Fms,                    ///< a * b - c
  Reciprocal14,           ///< AVX-512 only: 1 / a to 14 bits
  ScalePower,             ///< AVX-512 only: a * 2^b for an integer b in floating point
  RoundF,                 ///< immediate: 0 even, 1 down, 2 up, 3 towards zero
  CompareF,               ///< immediate: an AVX predicate; gives a mask of the same width
  And, AndNot, Or, Xor,   ///< AndNot: ~a & b
  Blend,                  ///< a ? b : c; a is a mask of the same width
  AddI, SubI, MulI, MinI, MaxI,
  MulU32,                 ///< 64 bits from the low halves of 64-bit lanes
  EqualI, GreaterI,       ///< masks of the same width
  ShiftLeft, ShiftRight, ShiftRightSigned,        ///< by the immediate; signed: 32 bits only
  ShiftLeftV, ShiftRightV, ShiftRightSignedV,     ///< by b per lane; signed: 32 bits only
  F32ToI32,               ///< to nearest even; 0x80000000 where it does not fit
  F32ToI32Truncated, I32ToF32, RoundToF16,
  F32ToF64, F64ToF32, I32ToF64, F64ToI32Truncated, SignExtend64, Truncate32,
  Call,                   ///< operands 0-2; immediate: call site
  CallIfAny,              ///< operands: mask, value, and arguments of a call whose result replaces the value if any lane of mask is set
  // clang-format on
};

/// How a lane lies in memory. Extensions widen to 32 bits, truncations drop the upper bits; F16 converts.
enum class MemoryForm : uint8_t { Bits64, Bits32, F16, Signed16, Unsigned16, Signed8, Unsigned8, Unsigned32To64 };

using VectorId = int32_t;
inline constexpr VectorId kNoVector = -1;

struct VectorStep {
  VectorOp op;
  bool wide = false;  ///< the result has 64-bit lanes (compares: so have the operands; Store: so has a)
  MemoryForm form = MemoryForm::Bits32;
  std::array<VectorId, 4> operands = {kNoVector, kNoVector, kNoVector, kNoVector};
  uint64_t immediate = 0;
  bool operator==(const VectorStep&) const = default;
};

/// A step of the program that is computed lane by lane by the interpreter.
struct CallSite {
  ScalarInstruction step;
  ScalarType operand_type = ScalarType::F32;  ///< of the first operand; Select does not occur
  int lanes = 0;                              ///< set by the assembler
};

struct VectorCode {
  std::vector<VectorStep> steps;  ///< SSA; step i defines value i; stores last
  std::vector<CallSite> calls;
  bool wide = false;

  bool has_calls() const;
};

inline bool is_call(VectorOp op) {
  return op == VectorOp::Call || op == VectorOp::CallIfAny;
}

}  // namespace tn::jit
