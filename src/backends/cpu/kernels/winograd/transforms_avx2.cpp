// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/simd/avx2.h"
#include "backends/cpu/kernels/winograd/transform_kernel.h"

namespace tn {

constexpr WinogradKernels kWinogradAvx2 = make_winograd_kernels<Avx2>();

}  // namespace tn
