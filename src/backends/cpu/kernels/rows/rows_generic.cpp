// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/rows/row_templates.h"
#include "backends/cpu/kernels/simd/generic.h"

namespace tn {

const RowKernels& row_kernels_generic() noexcept {
  return kRowKernels<Generic>;
}

}  // namespace tn
