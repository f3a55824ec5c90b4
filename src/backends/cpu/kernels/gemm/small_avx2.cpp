// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/gemm/small_kernel.h"
#include "backends/cpu/kernels/simd/avx2.h"

namespace tn {

constexpr SmallKernels kSmallAvx2 = make_small_kernels<Avx2>();

}  // namespace tn
