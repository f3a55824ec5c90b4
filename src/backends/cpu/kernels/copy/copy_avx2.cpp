// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/copy/copy_templates.h"
#include "backends/cpu/kernels/simd/avx2.h"

namespace tn {

const CopyKernels& copy_kernels_avx2() noexcept {
  return kCopyKernels<Avx2>;
}

}  // namespace tn
