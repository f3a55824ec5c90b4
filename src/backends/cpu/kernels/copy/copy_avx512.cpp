// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/copy/copy_templates.h"
#include "backends/cpu/kernels/simd/avx512.h"

namespace tn {

const CopyKernels& copy_kernels_avx512() noexcept {
  return kCopyKernels<Avx512>;
}

}  // namespace tn
