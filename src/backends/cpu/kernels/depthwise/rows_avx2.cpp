// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/depthwise/row_kernel.h"
#include "backends/cpu/kernels/simd/int8_avx2.h"

namespace tn {

constexpr DepthwiseKernels kDepthwiseAvx2 = make_depthwise_kernels<Avx2, Avx2Sums>();

}  // namespace tn
