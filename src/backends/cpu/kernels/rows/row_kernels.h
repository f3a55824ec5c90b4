// SPDX-License-Identifier: Apache-2.0
// The inner routines of the row kernels, one table per instruction set. Storage is F32, F16 or BF16 (float_index()),
// arithmetic f32. Runs are contiguous unless a stride (in elements) is given.
#pragma once

#include <array>
#include <cstdint>

#include "backends/cpu/kernels/simd/isa.h"

namespace tn {

enum class ReduceStep : uint8_t { Sum, SumAbs, SumSquare, Max, Min, Product, SumExp };
inline constexpr int kReduceSteps = 7;

/// One row of a layer or RMS normalization; null where an operand is absent.
struct NormRow {
  const void* in;
  const void* residual;  ///< added to `in` first
  void* sum;             ///< gets in + residual
  const float* scale;
  const float* bias;
  void* out;
  int64_t count;
  float epsilon;
};

struct RowKernels {
  using Softmax = void (*)(const void* in, void* out, int64_t count) noexcept;
  /// Softmax down `count` rows of `columns` neighbours each.
  using SoftmaxColumns = void (*)(const void* in, int64_t in_stride, void* out, int64_t out_stride, int64_t count,
                                  int64_t columns) noexcept;
  using Norm = void (*)(const NormRow& row) noexcept;
  /// Reduces a run to one number; `shift` is subtracted before exp.
  using Reduce = float (*)(const void* in, int64_t count, float shift) noexcept;
  /// acc[c] = acc[c] op the reduction of rows r of in[r * stride + c].
  using ReduceColumns = void (*)(const void* in, int64_t stride, int64_t rows, int64_t columns, float* acc,
                                 const float* shift) noexcept;
  /// out[r][c] = in[r][c] * scale[c] + shift[c].
  using Affine = void (*)(const void* in, int64_t in_stride, void* out, int64_t out_stride, int64_t rows,
                          int64_t columns, const float* scale, const float* shift) noexcept;
  /// out[i] = in[i] * scale + shift.
  using AffineRow = void (*)(const void* in, void* out, int64_t count, float scale, float shift) noexcept;
  /// out[i] = in[i] / divisor.
  using Divide = void (*)(const float* in, float divisor, int64_t count, void* out) noexcept;
  /// acc[c] += sum over rows of (in[r * stride + c] - center[c])^2.
  using SpreadColumns = void (*)(const void* in, int64_t stride, int64_t rows, int64_t columns, float* acc,
                                 const float* center) noexcept;
  /// Sum of (in[i] - center)^2.
  using Spread = float (*)(const void* in, int64_t count, float center) noexcept;
  /// out[c * out_stride] = the r < count of the best in[r * stride + c]; both strides are free where there is one
  /// column.
  using Arg = void (*)(const void* in, int64_t stride, int64_t count, int64_t columns, int64_t* out,
                       int64_t out_stride) noexcept;

  std::array<Softmax, 3> softmax, log_softmax;
  std::array<SoftmaxColumns, 3> softmax_columns, log_softmax_columns;
  std::array<Norm, 3> layer_norm, rms_norm;
  std::array<std::array<Reduce, 3>, kReduceSteps> reduce;
  std::array<std::array<ReduceColumns, 3>, kReduceSteps> reduce_columns;
  std::array<Divide, 3> divide;
  std::array<Affine, 3> affine;
  std::array<AffineRow, 3> affine_row;
  std::array<SpreadColumns, 3> spread_columns;
  std::array<Spread, 3> spread;
  /// Largest first, largest last, smallest first, smallest last.
  std::array<std::array<Arg, 3>, 4> arg;
};

/// The table of the best set that is not newer than `isa`.
const RowKernels& row_kernels(Isa isa) noexcept;

const RowKernels& row_kernels_generic() noexcept;
const RowKernels& row_kernels_avx2() noexcept;
const RowKernels& row_kernels_avx512() noexcept;

}  // namespace tn
