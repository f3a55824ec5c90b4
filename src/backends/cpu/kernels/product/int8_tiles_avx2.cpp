// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/product/int8_tile_kernel.h"
#include "backends/cpu/kernels/simd/int8_avx2.h"

namespace tn {

constexpr ProductKernels kU8ProductAvx2 = make_int8_product_kernels<U8Tile, Avx2Int8>(finish_avx2);
constexpr ProductKernels kI8ProductAvx2 = make_int8_product_kernels<I8Tile, Avx2Int8>(finish_avx2);

}  // namespace tn
