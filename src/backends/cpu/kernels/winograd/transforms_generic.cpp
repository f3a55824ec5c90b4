// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/simd/generic.h"
#include "backends/cpu/kernels/winograd/transform_kernel.h"

namespace tn {

constexpr WinogradKernels kWinogradGeneric = make_winograd_kernels<Generic>();

}  // namespace tn
