// SPDX-License-Identifier: Apache-2.0
// Elements as they lie in memory, and the values that programs compute with.
#pragma once

#include "backends/cpu/kernels/jit/vector_builder.h"

namespace tn::jit {

/// Of the types that why_unsupported() permits; `memory` is the number of the pointer.
Value load(VectorBuilder& builder, DataType type, size_t memory);
void store(VectorBuilder& builder, Value x, DataType type, size_t memory);

/// An I32 as the narrower integer that its low bits are.
Value low_bits(Value x, DataType narrow);
/// The upper halves of F32, rounded to even, in the lower halves.
Value bfloat16_bits(Value x);

}  // namespace tn::jit
