// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/rows/row_templates.h"
#include "backends/cpu/kernels/simd/avx512.h"

namespace tn {

const RowKernels& row_kernels_avx512() noexcept {
  return kRowKernels<Avx512>;
}

}  // namespace tn
