// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "backends/cpu/kernels/jit/vector_code.h"

namespace tn::jit {

/// What a compiled program reads or writes through one pointer.
struct MemoryOperand {
  DataType type = DataType::F32;
  bool broadcast = false;  ///< one element for all lanes; operands only
};

/// A verified program as vector code over `memory`: the inputs of the program first, then its results.
VectorCode translate(const ScalarProgram& program, std::span<const MemoryOperand> memory, JitIsa isa);

}  // namespace tn::jit
