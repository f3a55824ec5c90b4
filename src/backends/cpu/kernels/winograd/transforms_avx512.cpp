// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/simd/avx512.h"
#include "backends/cpu/kernels/winograd/transform_kernel.h"

namespace tn {

constexpr WinogradKernels kWinogradAvx512 = make_winograd_kernels<Avx512>();

}  // namespace tn
