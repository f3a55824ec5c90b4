// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/jit/element_access.h"

namespace tn::jit {

Value load(VectorBuilder& builder, DataType type, size_t memory) {
  switch (type) {
    case DataType::F64:
    case DataType::I64:
    case DataType::U64:
      return builder.load(MemoryForm::Bits64, memory);
    case DataType::F32:
    case DataType::I32:
      return builder.load(MemoryForm::Bits32, memory);
    case DataType::F16:
      return builder.load(MemoryForm::F16, memory);
    case DataType::BF16:
      return shift_left(builder.load(MemoryForm::Unsigned16, memory), 16);
    case DataType::I16:
      return builder.load(MemoryForm::Signed16, memory);
    case DataType::U16:
      return builder.load(MemoryForm::Unsigned16, memory);
    case DataType::I8:
    case DataType::I4:
    case DataType::I2:
      return builder.load(MemoryForm::Signed8, memory);
    case DataType::U8:
    case DataType::U4:
    case DataType::U2:
      return builder.load(MemoryForm::Unsigned8, memory);
    case DataType::U32:
      return builder.load(MemoryForm::Unsigned32To64, memory);
    case DataType::Bool:
      return builder.make(VectorOp::GreaterI, {builder.load(MemoryForm::Unsigned8, memory), builder.i32(0)});
    default:  // small floats: why_unsupported() says no
      break;
  }
  return builder.i32(0);
}

Value low_bits(Value x, DataType narrow) {
  const int bits = bits_of(narrow), unused = 32 - bits;
  if (is_unsigned_integer(narrow)) return x & x.builder->i32((1 << bits) - 1);
  return shift_right_signed(shift_left(x, unused), unused);
}

Value bfloat16_bits(Value x) {
  const Value odd = shift_right(x, 16) & x.builder->i32(1);
  const Value rounded = shift_right(add_int(add_int(x, x.builder->i32(0x7fff)), odd), 16);
  return blend(is_nan(x), shift_right(x, 16) | x.builder->i32(0x40), rounded);
}

void store(VectorBuilder& builder, Value x, DataType type, size_t memory) {
  switch (type) {
    case DataType::F64:
    case DataType::I64:
    case DataType::U64:
      return builder.store(x, MemoryForm::Bits64, memory);
    case DataType::F32:
    case DataType::I32:
      return builder.store(x, MemoryForm::Bits32, memory);
    case DataType::F16:
      return builder.store(x, MemoryForm::F16, memory);
    case DataType::BF16:
      return builder.store(bfloat16_bits(x), MemoryForm::Unsigned16, memory);
    case DataType::I16:
    case DataType::U16:
      return builder.store(x, MemoryForm::Unsigned16, memory);
    case DataType::I8:
    case DataType::U8:
      return builder.store(x, MemoryForm::Unsigned8, memory);
    case DataType::I4:
    case DataType::U4:
    case DataType::I2:
    case DataType::U2:
      return builder.store(low_bits(x, type), MemoryForm::Unsigned8, memory);
    case DataType::U32:
      return builder.store(builder.make_wide(VectorOp::Truncate32, false, {x}), MemoryForm::Bits32, memory);
    case DataType::Bool:
      return builder.store(x & builder.i32(1), MemoryForm::Unsigned8, memory);
    default:
      break;
  }
}

}  // namespace tn::jit
