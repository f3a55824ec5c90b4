// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/product/tile_kernel.h"
#include "backends/cpu/kernels/simd/avx2.h"

namespace tn {

constexpr ProductKernels kF32ProductAvx2 = make_product_kernels<F32Tile, Avx2>(1, DataType::F32);

void finish_avx2(const FinishArgs& args) {
  Finish<Avx2>::run(args);
}

}  // namespace tn
