// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/product/int8_tile_kernel.h"
#include "backends/cpu/kernels/simd/int8_generic.h"

namespace tn {

constexpr ProductKernels kU8ProductGeneric = make_int8_product_kernels<U8Tile, GenericInt8>(finish_generic);
constexpr ProductKernels kI8ProductGeneric = make_int8_product_kernels<I8Tile, GenericInt8>(finish_generic);

}  // namespace tn
