// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/kernels/copy/loop_nest.h"
#include "backends/cpu/kernels/rows/row_kernels.h"
#include "base/data_type.h"
#include "base/lane.h"
#include "base/shape.h"

namespace tn {

enum class ReduceOp : uint8_t { Sum, Mean, Max, Min, Product, L1, L2, SumSquare, LogSum, LogSumExp };

/// Reduces any set of axes of a strided tensor (global average pooling is a Mean over the image axes); fast where a
/// reduced or a kept axis is contiguous. Sums are f32 within blocks; blocks of a run are added in double.
/// An empty reduction gives the neutral value (Mean: NaN). bind() and run() never allocate; a bound object may run on
/// several lanes at once.
class Reduce {
 public:
  /// `type` (F32, F16, BF16; else Error(Unsupported)) is that of both tensors.
  Reduce(DataType type, ReduceOp op, Isa isa = best_isa());

  /// Bit i of `axes` says that axis i is reduced. `out_strides` has an entry for every axis of `dims`; those of
  /// reduced axes are not used. Strides in elements.
  void bind(const Shape& dims, const Shape& in_strides, uint32_t axes, const Shape& out_strides) noexcept;
  void run(Lane& lane, const void* in, void* out) const noexcept;

 private:
  void reduce_rows(const std::byte* in, std::byte* out) const noexcept;
  void reduce_columns(const std::byte* in, std::byte* out, int64_t columns) const noexcept;
  double row_total(ReduceStep step, const std::byte* in, float shift) const noexcept;
  void columns_total(ReduceStep step, const std::byte* in, int64_t columns, float* acc,
                     const float* shift) const noexcept;
  double finish(double total, double shift) const noexcept;

  DataType type_;
  size_t type_index_;
  int64_t size_;
  ReduceOp op_;
  ReduceStep step_;
  const RowKernels& kernels_;

  bool by_rows_ = true;
  int64_t count_ = 0;              // elements behind one result
  LoopNest<2> kept_;               // in, out
  LoopNest<1> reduced_;            // without run_axis_
  LoopNest<1>::Axis run_axis_;     // the innermost reduced axis
  LoopNest<2>::Axis column_axis_;  // the kept axis along which `in` is contiguous
  int64_t work_ = 0;
};

}  // namespace tn
