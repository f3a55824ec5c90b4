// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/rows/row_templates.h"
#include "backends/cpu/kernels/simd/avx2.h"

namespace tn {

const RowKernels& row_kernels_avx2() noexcept {
  return kRowKernels<Avx2>;
}

}  // namespace tn
