// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/pool/pool_templates.h"
#include "backends/cpu/kernels/simd/avx512.h"

namespace tn {

const PoolKernels& pool_kernels_avx512() noexcept {
  return kPoolKernels<Avx512>;
}

}  // namespace tn
