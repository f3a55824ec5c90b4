// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/depthwise/int8_row_kernel.h"
#include "backends/cpu/kernels/simd/int8_avxvnni.h"

namespace tn {

constexpr Int8DepthwiseKernels kInt8DepthwiseAvxVnni = make_int8_depthwise_kernels<AvxVnni>(finish_avx2);

}  // namespace tn
