// SPDX-License-Identifier: Apache-2.0
// Vector code as machine code of this processor.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "backends/cpu/kernels/jit/translate.h"
#include "backends/cpu/kernels/jit/vector_code.h"

namespace tn::jit {

/// A function made in memory that is executable and not writable. Stateless: any number of threads may call it.
class MachineCode {
 public:
  using Function = void (*)(const void* const* operands, void* const* results, int64_t count);
  virtual ~MachineCode() = default;
  /// Handles whole vectors only if !any_count(): count must then be a multiple of lanes().
  virtual Function function() const noexcept = 0;
  virtual bool any_count() const noexcept = 0;
  virtual int lanes() const noexcept = 0;
  virtual size_t bytes() const noexcept = 0;
};

/// `memory` as for translate(): `operand_count` operands, then results. Null where this build makes no machine code.
std::unique_ptr<MachineCode> assemble(VectorCode code, std::span<const MemoryOperand> memory, size_t operand_count,
                                      JitIsa isa);

/// Runs a call site over its lanes; values lie as in registers.
void call_lanes(const CallSite* site, const std::byte* a, const std::byte* b, std::byte* out) noexcept;

}  // namespace tn::jit
