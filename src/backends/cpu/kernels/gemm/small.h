// SPDX-License-Identifier: Apache-2.0
// Products with one or two rows, bound by reading B: nothing is packed.
#pragma once

#include <array>

#include "backends/cpu/kernels/product/tile.h"

namespace tn {

/// out[row][j] = sum over k of a[row][k] * b[k][j] (or b[j][k] when transposed), for `columns` columns.
struct SmallArgs {
  const void* a = nullptr;
  const void* b = nullptr;
  int64_t a_row = 0, b_row = 0;  ///< elements
  int64_t k = 0, columns = 0;
  float* out = nullptr;
  int64_t out_row = 0;
};
using SmallFunction = void (*)(const SmallArgs&);

inline constexpr int64_t kMaxSmallRows = 2;

struct SmallKernels {
  int lanes;
  std::array<std::array<std::array<SmallFunction, kMaxSmallRows>, 2>, 2>
      products;  ///< [F32, F16][transposed][rows - 1]
};

const SmallKernels& small_kernels(Isa isa);

extern const SmallKernels kSmallGeneric, kSmallAvx2, kSmallAvx512;

}  // namespace tn
