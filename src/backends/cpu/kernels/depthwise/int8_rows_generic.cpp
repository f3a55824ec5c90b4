// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/depthwise/int8_row_kernel.h"
#include "backends/cpu/kernels/simd/int8_generic.h"

namespace tn {

constexpr Int8DepthwiseKernels kInt8DepthwiseGeneric = make_int8_depthwise_kernels<GenericInt8>(finish_generic);

}  // namespace tn
