// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/depthwise/f16_row_kernel.h"
#include "backends/cpu/kernels/simd/avx512fp16.h"

namespace tn {

constexpr F16DepthwiseKernels kF16DepthwiseAvx512Fp16 = make_f16_depthwise_kernels<Avx512Fp16>();

}  // namespace tn
