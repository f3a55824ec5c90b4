// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/gemm/small_kernel.h"
#include "backends/cpu/kernels/simd/avx512.h"

namespace tn {

constexpr SmallKernels kSmallAvx512 = make_small_kernels<Avx512>();

}  // namespace tn
