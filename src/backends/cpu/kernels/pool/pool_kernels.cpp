// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/pool/pool_kernels.h"

namespace tn {

const PoolKernels& pool_kernels(Isa isa) noexcept {
  switch (isa) {
    case Isa::Generic:
      return pool_kernels_generic();
    case Isa::Avx2:
      return pool_kernels_avx2();
    default:
      return pool_kernels_avx512();
  }
}

}  // namespace tn
