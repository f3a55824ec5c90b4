// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/kernels/copy/loop_nest.h"
#include "backends/cpu/kernels/rows/row_kernels.h"
#include "base/data_type.h"
#include "base/lane.h"
#include "base/shape.h"

namespace tn {

/// Index of the largest or smallest element along one axis of any strided layout, as i64; of equal ones the first, or
/// the last. NaN counts as the best infinity. The axis has fewer than 2^24 elements. Fast where the axis, or another
/// one, is contiguous. bind() and run() never allocate; a bound object may run on several lanes at once.
class ArgReduce {
 public:
  struct Rule {
    bool smallest = false;
    bool last = false;  ///< of equal elements
  };
  /// `type` (F32, F16, BF16; else Error(Unsupported)) is that of the input.
  ArgReduce(DataType type, Rule rule, Isa isa = best_isa());

  /// `out_strides` has an entry for every axis of `dims`; that of `axis` is not used. Strides in elements. The axis
  /// must not be empty.
  void bind(const Shape& dims, const Shape& in_strides, int axis, const Shape& out_strides) noexcept;
  void run(Lane& lane, const void* in, int64_t* out) const noexcept;

 private:
  int64_t size_;
  RowKernels::Arg kernel_;
  LoopNest<2> outer_;              // in, out
  LoopNest<2>::Axis column_axis_;  // along which `in` is contiguous, if there is one beside the axis
  int64_t axis_dim_ = 0, axis_stride_ = 0;
  int64_t column_blocks_ = 1, units_ = 0;
};

}  // namespace tn
