// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "backends/cuda/codegen/kernel_text.h"
#include "program/scalar_program.h"

namespace tn::cuda {

/// An elementwise region as one kernel: inputs of any strides, broadcast to the extents that all outputs share.
KernelText pointwise(std::string entry, const ScalarProgram& program, std::span<const Operand> inputs,
                     std::span<const Operand> outputs, const SymbolRanges& ranges);

/// Copies between tensors of equal extents, whatever their strides and types; through shared memory where the axes
/// that lie innermost in memory differ.
KernelText strided_copy(const Operand& from, const Operand& to, const SymbolRanges& ranges);

}  // namespace tn::cuda
