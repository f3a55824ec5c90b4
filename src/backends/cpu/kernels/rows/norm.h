// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/kernels/copy/loop_nest.h"
#include "backends/cpu/kernels/rows/row_kernels.h"
#include "base/data_type.h"
#include "base/lane.h"
#include "base/shape.h"

namespace tn {

/// Layer or RMS normalization of contiguous rows:
///   x = in (+ residual);  y = (x - mean) / sqrt(variance + epsilon) * scale + bias   (biased variance)
///   RMS:                  y = x / sqrt(mean(x^2) + epsilon) * scale + bias
/// Computes in f32, mean and variance in two passes. `out` may be `in` or `residual`. bind() and run() never allocate;
/// a bound object may run on several lanes at once.
class RowNorm {
 public:
  enum class Kind : uint8_t { Layer, Rms };
  /// The pointers of one run; null where an operand is absent.
  struct Operands {
    const void* in = nullptr;
    const void* residual = nullptr;  ///< same type and dimensions as in
    const float* scale = nullptr;    ///< f32, one per element of a row
    const float* bias = nullptr;
    void* sum = nullptr;  ///< gets in + residual
    void* out = nullptr;
  };

  /// `type` (F32, F16, BF16; else Error(Unsupported)) is that of in, residual, sum and out.
  RowNorm(DataType type, Kind kind, float epsilon, Isa isa = best_isa());

  /// `outer` are the dimensions in front of the normalized ones, with each tensor's strides over them (in elements;
  /// those of an absent operand are not used, any of the same rank will do); `row` elements of every row are
  /// contiguous.
  void bind(const Shape& outer, int64_t row, const Shape& in_strides, const Shape& residual_strides,
            const Shape& sum_strides, const Shape& out_strides) noexcept;
  /// All tensors dense: `rows` rows of `row` elements.
  void bind(int64_t rows, int64_t row) noexcept { bind({rows}, row, {row}, {row}, {row}, {row}); }
  void run(Lane& lane, const Operands& operands) const noexcept;

 private:
  int64_t size_;
  RowKernels::Norm norm_;
  float epsilon_;

  LoopNest<4> outer_;  // in, residual, sum, out
  int64_t row_ = 0;
};

}  // namespace tn
