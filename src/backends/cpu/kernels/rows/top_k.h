// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/kernels/copy/copy_kernels.h"
#include "backends/cpu/kernels/copy/loop_nest.h"
#include "base/data_type.h"
#include "base/lane.h"
#include "base/shape.h"

namespace tn {

/// The k largest or smallest elements along one axis, best first, with their indices (i64); of equal elements the lower
/// index comes first. A NaN counts as larger than every number. Strides are free. bind() and run() never allocate; a
/// bound object may run on several lanes at once, each with its own workspace.
class TopK {
 public:
  /// `type` (F32, F16, BF16; else Error(Unsupported)) is that of input and values.
  TopK(DataType type, bool largest);

  /// Bytes that run() needs for axes of up to `dim` on a lane of `threads`; aligned to 64.
  static size_t workspace_bytes(int64_t dim, int threads) noexcept;
  /// k <= dims[axis]. Strides in elements; the axis of both outputs has k elements.
  void bind(const Shape& dims, const Shape& in_strides, int axis, int64_t k, const Shape& value_strides,
            const Shape& index_strides) noexcept;
  void run(Lane& lane, const void* in, void* values, int64_t* indices, void* workspace) const noexcept;

 private:
  struct Entry {
    float value;
    int32_t index;
  };
  void pick(Entry* entries) const noexcept;

  int64_t size_;
  bool largest_;
  ConvertRow widen_, narrow_;
  LoopNest<3> outer_;  // in, values, indices
  LoopNest<3>::Axis axis_;
  int64_t k_ = 0;
};

}  // namespace tn
