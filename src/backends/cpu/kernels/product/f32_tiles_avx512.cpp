// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/product/tile_kernel.h"
#include "backends/cpu/kernels/simd/avx512.h"

namespace tn {

constexpr ProductKernels kF32ProductAvx512 = make_product_kernels<F32Tile, Avx512>(1, DataType::F32);

void finish_avx512(const FinishArgs& args) {
  Finish<Avx512>::run(args);
}

}  // namespace tn
