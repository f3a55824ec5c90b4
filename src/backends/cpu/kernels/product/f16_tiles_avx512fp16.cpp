// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/product/f16_tile_kernel.h"
#include "backends/cpu/kernels/simd/avx512fp16.h"

namespace tn {

constexpr ProductKernels kF16ProductAvx512Fp16 = make_f16_product_kernels<Avx512Fp16>();

}  // namespace tn
