// SPDX-License-Identifier: Apache-2.0
// The inner routines of the copies, one table per instruction set.
#pragma once

#include <array>
#include <cstdint>

#include "backends/cpu/kernels/copy/convert.h"
#include "backends/cpu/kernels/simd/isa.h"

namespace tn {

/// to[r * to_stride + c] = from[c * from_stride + r] for r < rows and c < columns; strides in elements.
using TransposeBlock = void (*)(const void* from, int64_t from_stride, void* to, int64_t to_stride, int64_t rows,
                                int64_t columns) noexcept;

struct CopyKernels {
  /// By log2 of the element's bytes: 1, 2, 4, 8.
  std::array<TransposeBlock, 4> transpose;
  /// From and to F32, F16, BF16, in this order; both sides contiguous.
  std::array<std::array<ConvertRow, 3>, 3> convert;
};

const CopyKernels& copy_kernels(Isa isa) noexcept;
/// convert_row(), or a faster routine for strides of one.
ConvertRow convert_contiguous_row(DataType from, DataType to, Isa isa) noexcept;

const CopyKernels& copy_kernels_generic() noexcept;
const CopyKernels& copy_kernels_avx2() noexcept;
const CopyKernels& copy_kernels_avx512() noexcept;

}  // namespace tn
