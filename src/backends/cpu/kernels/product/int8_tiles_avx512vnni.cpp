// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/product/int8_tile_kernel.h"
#include "backends/cpu/kernels/simd/int8_avx512vnni.h"

namespace tn {

constexpr ProductKernels kU8ProductAvx512Vnni = make_int8_product_kernels<U8Tile, Avx512Vnni>(finish_avx512);
constexpr ProductKernels kI8ProductAvx512Vnni = make_int8_product_kernels<I8Tile, Avx512Vnni>(finish_avx512);

}  // namespace tn
