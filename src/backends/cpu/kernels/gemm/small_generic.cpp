// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/gemm/small_kernel.h"
#include "backends/cpu/kernels/simd/generic.h"

namespace tn {

constexpr SmallKernels kSmallGeneric = make_small_kernels<Generic>();

}  // namespace tn
