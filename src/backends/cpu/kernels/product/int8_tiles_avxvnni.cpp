// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/product/int8_tile_kernel.h"
#include "backends/cpu/kernels/simd/int8_avxvnni.h"

namespace tn {

constexpr ProductKernels kU8ProductAvxVnni = make_int8_product_kernels<U8Tile, AvxVnni>(finish_avx2);
constexpr ProductKernels kI8ProductAvxVnni = make_int8_product_kernels<I8Tile, AvxVnni>(finish_avx2);

}  // namespace tn
