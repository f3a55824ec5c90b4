// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/copy/copy_kernels.h"

namespace tn {
namespace {

int float_index(DataType type) {
  return type == DataType::F32 ? 0 : type == DataType::F16 ? 1 : type == DataType::BF16 ? 2 : -1;
}

}  // namespace

const CopyKernels& copy_kernels(Isa isa) noexcept {
  switch (isa) {
    case Isa::Generic:
      return copy_kernels_generic();
    case Isa::Avx2:
      return copy_kernels_avx2();
    default:
      return copy_kernels_avx512();
  }
}

ConvertRow convert_contiguous_row(DataType from, DataType to, Isa isa) noexcept {
  const int f = float_index(from), t = float_index(to);
  if (f < 0 || t < 0 || f == t) return convert_row(from, to);
  return copy_kernels(isa).convert[static_cast<size_t>(f)][static_cast<size_t>(t)];
}

}  // namespace tn
