// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/depthwise/row_kernel.h"
#include "backends/cpu/kernels/simd/int8_generic.h"

namespace tn {

constexpr DepthwiseKernels kDepthwiseGeneric = make_depthwise_kernels<Generic, GenericInt8>();

}  // namespace tn
