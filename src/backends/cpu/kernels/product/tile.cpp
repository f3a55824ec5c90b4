// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/product/tile.h"

namespace tn {

int ProductKernels::max_rows(int vectors) const {
  if (vectors < 1 || vectors > kMaxTileVectors) return 0;
  int rows = 0;
  while (rows < kMaxTileRows && tile(rows + 1, vectors) != nullptr) ++rows;
  return rows;
}

namespace {

const ProductKernels* int8_kernels(Isa isa, bool is_signed) {
  switch (isa) {
    case Isa::Generic:
      return is_signed ? &kI8ProductGeneric : &kU8ProductGeneric;
    case Isa::Avx2:
      return is_signed ? &kI8ProductAvx2 : &kU8ProductAvx2;
    case Isa::AvxVnni:
      return is_signed ? &kI8ProductAvxVnni : &kU8ProductAvxVnni;
    case Isa::Avx512Vnni:
      return is_signed ? &kI8ProductAvx512Vnni : &kU8ProductAvx512Vnni;
    case Isa::AmxInt8:
      return is_signed ? &kI8ProductAmxInt8 : &kU8ProductAmxInt8;
    case Isa::Avx512:
    case Isa::Avx512Fp16:
      return nullptr;
  }
  return nullptr;
}

}  // namespace

const ProductKernels* product_kernels(Isa isa, DataType type) {
  if (type == DataType::U8 || type == DataType::I8) return int8_kernels(isa, type == DataType::I8);
  if (type == DataType::F16) return isa == Isa::Avx512Fp16 ? &kF16ProductAvx512Fp16 : nullptr;
  if (type != DataType::F32) return nullptr;
  switch (isa) {
    case Isa::Generic:
      return &kF32ProductGeneric;
    case Isa::Avx2:
      return &kF32ProductAvx2;
    case Isa::Avx512:
    case Isa::Avx512Fp16:
      return &kF32ProductAvx512;
    case Isa::AvxVnni:
    case Isa::Avx512Vnni:
    case Isa::AmxInt8:
      return nullptr;
  }
  return nullptr;
}

}  // namespace tn
