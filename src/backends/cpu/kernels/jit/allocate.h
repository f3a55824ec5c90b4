// SPDX-License-Identifier: Apache-2.0
// Splits vector code into what is computed once and the loop body, unrolls the body and gives its values registers.
#pragma once

#include <span>

#include "backends/cpu/kernels/jit/translate.h"
#include "backends/cpu/kernels/jit/vector_code.h"

namespace tn::jit {

/// Which steps do not change from one iteration to the next.
std::vector<bool> find_invariants(const VectorCode& code, std::span<const MemoryOperand> memory);

/// A step of an unrolled body. Operands that are invariant keep their ids, the others become value_of(copy, id).
struct BodyStep {
  VectorStep step;
  int copy = 0;
  VectorId value = kNoVector;  ///< what it defines; none for a Store
};

struct LoopBody {
  std::vector<BodyStep> steps;
  VectorId values = 0;  ///< ids are below this
};
LoopBody unroll(const VectorCode& code, const std::vector<bool>& invariant, int copies);

struct Location {
  enum class Kind : uint8_t { None, Register, Slot };
  Kind kind = Kind::None;
  int index = 0;
};

struct Allocation {
  std::vector<Location> locations;    ///< per value id; None for invariants
  std::vector<uint32_t> live_across;  ///< per body step: registers that hold values needed later (calls only)
  int registers = 0;                  ///< used: 0 … registers - 1
  int slots = 0;                      ///< used for spilled values
};

/// Linear scan (Poletto and Sarkar): a value lives in one place for its whole life; when registers run out, the one
/// that is needed for longest goes to a slot.
Allocation allocate(const LoopBody& body, const std::vector<bool>& invariant, int register_count);

}  // namespace tn::jit
