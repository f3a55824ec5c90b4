// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/kernels/copy/loop_nest.h"
#include "backends/cpu/kernels/rows/row_kernels.h"
#include "base/data_type.h"
#include "base/lane.h"
#include "base/shape.h"

namespace tn {

/// Softmax or log-softmax along one axis of any strided layout; fast where that axis, or another one of both tensors,
/// is contiguous. Computes in f32. `out` may be `in` itself. bind() and run() never allocate; a bound object may run on
/// several lanes at once.
class Softmax {
 public:
  /// `type` (F32, F16, BF16; else Error(Unsupported)) is that of both tensors.
  explicit Softmax(DataType type, bool log = false, Isa isa = best_isa());

  /// Strides in elements.
  void bind(const Shape& dims, const Shape& in_strides, const Shape& out_strides, int axis) noexcept;
  void run(Lane& lane, const void* in, void* out) const noexcept;

 private:
  int64_t size_;
  RowKernels::Softmax row_;
  RowKernels::SoftmaxColumns columns_;

  bool by_rows_ = true;
  LoopNest<2>::Axis axis_, column_axis_;  // operands: in, out
  LoopNest<2> outer_;
  int64_t column_blocks_ = 1, units_ = 0;
};

}  // namespace tn
