// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/rows/row_kernels.h"

namespace tn {

const RowKernels& row_kernels(Isa isa) noexcept {
  switch (isa) {
    case Isa::Generic:
      return row_kernels_generic();
    case Isa::Avx2:
      return row_kernels_avx2();
    default:
      return row_kernels_avx512();
  }
}

}  // namespace tn
