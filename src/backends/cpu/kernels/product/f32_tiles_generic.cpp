// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/product/tile_kernel.h"
#include "backends/cpu/kernels/simd/generic.h"

namespace tn {

constexpr ProductKernels kF32ProductGeneric = make_product_kernels<F32Tile, Generic>(1, DataType::F32);

void finish_generic(const FinishArgs& args) {
  Finish<Generic>::run(args);
}

}  // namespace tn
