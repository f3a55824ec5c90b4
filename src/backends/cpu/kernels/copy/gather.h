// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/kernels/copy/copy_kernels.h"
#include "backends/cpu/kernels/copy/loop_nest.h"
#include "base/data_type.h"
#include "base/lane.h"
#include "base/shape.h"
#include "base/status.h"

namespace tn {

/// Picks slices along one axis by index (ONNX Gather; embedding rows are axis 0 of a matrix), converting the type:
/// out[a, i, b] = data[a, indices[i], b], where a, i, b are multi-indices. Negative indices count from the end.
/// bind() and run() never allocate; a bound object may run on several lanes at once.
class Gather {
 public:
  /// `index` is I32 or I64.
  Gather(DataType data, DataType out, DataType index, Isa isa = best_isa()) noexcept;

  /// Strides in elements; `out_strides` belong to dims[0..axis) + index_dims + dims(axis..].
  void bind(const Shape& dims, const Shape& strides, int axis, const Shape& index_dims, const Shape& index_strides,
            const Shape& out_strides) noexcept;
  /// Fails with InvalidArgument, before anything is written, if an index is outside [-dims[axis], dims[axis]).
  Status run(Lane& lane, const void* data, const void* indices, void* out) const noexcept;

 private:
  template <typename Index>
  Status run_with(Lane& lane, const std::byte* data, const Index* indices, std::byte* out) const noexcept;
  void copy_slice(const std::byte* data, std::byte* out) const noexcept;

  int64_t data_size_, out_size_;
  ConvertRow any_row_, contiguous_row_;
  bool wide_index_;

  ConvertRow row_ = nullptr;
  int64_t axis_dim_ = 0, axis_stride_ = 0;
  LoopNest<2> before_;   // a: data, out
  LoopNest<2> indices_;  // i: indices, out
  LoopNest<2> after_;    // b without its innermost axis: data, out
  LoopNest<2>::Axis row_axis_;
  bool empty_ = true;
};

}  // namespace tn
