// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/pool/pool_templates.h"
#include "backends/cpu/kernels/simd/avx2.h"

namespace tn {

const PoolKernels& pool_kernels_avx2() noexcept {
  return kPoolKernels<Avx2>;
}

}  // namespace tn
