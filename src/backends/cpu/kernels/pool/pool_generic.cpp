// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/pool/pool_templates.h"
#include "backends/cpu/kernels/simd/generic.h"

namespace tn {

const PoolKernels& pool_kernels_generic() noexcept {
  return kPoolKernels<Generic>;
}

}  // namespace tn
