// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/depthwise/row_kernel.h"
#include "backends/cpu/kernels/simd/int8_avx512.h"

namespace tn {

constexpr DepthwiseKernels kDepthwiseAvx512 = make_depthwise_kernels<Avx512, Avx512Sums>();

}  // namespace tn
