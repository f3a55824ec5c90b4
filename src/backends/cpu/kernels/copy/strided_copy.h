// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/kernels/copy/copy_kernels.h"
#include "backends/cpu/kernels/copy/loop_nest.h"
#include "base/data_type.h"
#include "base/lane.h"
#include "base/shape.h"

namespace tn {

/// Copies a strided tensor onto another of the same dimensions, converting the type: reformats (NCHW to NHWC),
/// transposes, casts, broadcasts (source stride 0), slices (any stride, negative too), concatenation (one copy per
/// part). The tensors must not overlap, and no two indices may write the same element. bind() and run() never allocate;
/// a bound object may run on several lanes at once.
class StridedCopy {
 public:
  StridedCopy(DataType from, DataType to, Isa isa = best_isa()) noexcept;

  /// Strides in elements.
  void bind(const Shape& dims, const Shape& from_strides, const Shape& to_strides) noexcept;
  /// Pointers to the elements with all indices zero.
  void run(Lane& lane, const void* from, void* to) const noexcept;

 private:
  struct Split {  // an axis cut into blocks of near-equal size
    int64_t dim = 1, blocks = 1;
    int64_t begin(int64_t block) const { return dim * block / blocks; }
  };
  void run_units(int64_t begin, int64_t end, const std::byte* from, std::byte* to) const noexcept;
  void copy_rows(const std::byte* from, std::byte* to, int64_t rows, int64_t columns) const noexcept;
  void transpose(const std::byte* from, std::byte* to, int64_t rows, int64_t columns) const noexcept;

  int64_t from_size_, to_size_;
  ConvertRow any_row_, contiguous_row_;
  TransposeBlock transpose_block_;
  bool same_type_;

  ConvertRow row_ = nullptr;
  bool is_transpose_ = false;
  // Operand 0 is read, operand 1 written. A unit of work is a block of the plane row_axis_ x column_axis_; the column
  // axis is the target's innermost. In a transpose the source is contiguous along the row axis.
  LoopNest<2> outer_;
  LoopNest<2>::Axis row_axis_, column_axis_;
  Split rows_, columns_;
  int64_t units_ = 0;
};

}  // namespace tn
