// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/data_type.h"
#include "program/scalar_program.h"

namespace tn {

namespace jit {
class MachineCode;
}

/// How the elements of an operand follow each other along the loop.
enum class InnerStride : uint8_t { Contiguous, Broadcast };

/// What runs a compiled program. Portable interprets batches of elements and exists everywhere.
enum class ElementwiseIsa : uint8_t { Portable, Avx2, Avx512 };
/// The best that this processor has.
ElementwiseIsa best_elementwise_isa();
std::string_view name_of(ElementwiseIsa isa);

/// Why a program cannot be compiled for these types, or nothing. Operands and results must be stored in types whose
/// compute_type() is the type that the program has there.
std::optional<std::string> why_unsupported(const ScalarProgram& program, std::span<const DataType> operands,
                                           std::span<const DataType> results);

/// A scalar program as a loop over whole vectors, made once and called by any number of threads. Results may lie
/// exactly on contiguous operands of the same element size (in place); they may not overlap otherwise. Nothing outside
/// the arrays is touched.
class CompiledElementwise {
 public:
  struct Operand {
    DataType type = DataType::F32;
    InnerStride stride = InnerStride::Contiguous;
  };
  /// Throws Error(Unsupported) where why_unsupported() speaks, Error(InvalidArgument) for an ISA that is not there.
  CompiledElementwise(const ScalarProgram& program, std::span<const Operand> operands,
                      std::span<const DataType> results, ElementwiseIsa isa = best_elementwise_isa());
  ~CompiledElementwise();
  CompiledElementwise(CompiledElementwise&&) noexcept;
  CompiledElementwise& operator=(CompiledElementwise&&) noexcept;

  /// Computes `count` elements of every result.
  void operator()(const void* const* operands, void* const* results, int64_t count) const noexcept;

  ElementwiseIsa isa() const noexcept { return isa_; }
  /// Size of the machine code with its constants; 0 when interpreted.
  size_t code_bytes() const noexcept;

 private:
  void run_rest(const void* const* operands, void* const* results, int64_t begin, int64_t count) const noexcept;
  void interpret(const void* const* operands, void* const* results, int64_t count) const noexcept;

  ScalarProgram program_;
  std::vector<Operand> operands_;
  std::vector<DataType> results_;
  ElementwiseIsa isa_;
  std::unique_ptr<const jit::MachineCode> code_;
};

}  // namespace tn
