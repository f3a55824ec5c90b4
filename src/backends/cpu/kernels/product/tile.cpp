// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/product/tile.h"

namespace tn {

int ProductKernels::max_rows(int vectors) const {
  if (vectors < 1 || vectors > kMaxTileVectors) return 0;
  int rows = 0;
  while (rows < kMaxTileRows && tile(rows + 1, vectors) != nullptr) ++rows;
  return rows;
}

const ProductKernels* product_kernels(Isa isa, DataType type) {
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
  }
  return nullptr;
}

}  // namespace tn
