// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/depthwise/int8_row_kernel.h"
#include "backends/cpu/kernels/simd/int8_avx512vnni.h"

namespace tn {

constexpr Int8DepthwiseKernels kInt8DepthwiseAvx512Vnni = make_int8_depthwise_kernels<Avx512Vnni>(finish_avx512);

}  // namespace tn
