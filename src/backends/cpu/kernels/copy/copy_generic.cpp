// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/copy/copy_templates.h"
#include "backends/cpu/kernels/simd/generic.h"

namespace tn {

const CopyKernels& copy_kernels_generic() noexcept {
  return kCopyKernels<Generic>;
}

}  // namespace tn
