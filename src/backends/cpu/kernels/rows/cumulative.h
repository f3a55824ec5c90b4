// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/kernels/copy/copy_kernels.h"
#include "backends/cpu/kernels/copy/loop_nest.h"
#include "base/data_type.h"
#include "base/lane.h"
#include "base/shape.h"

namespace tn {

/// Running sum along one axis of any strided layout, added up in double. bind() and run() never allocate; a bound
/// object may run on several lanes at once.
class CumulativeSum {
 public:
  struct Rule {
    bool exclusive = false;  ///< an element's own value does not count in its sum
    bool reverse = false;    ///< from the end to the start
  };
  /// `type` (F32, F16, BF16; else Error(Unsupported)) is that of both tensors.
  CumulativeSum(DataType type, Rule rule);

  /// Strides in elements.
  void bind(const Shape& dims, const Shape& in_strides, const Shape& out_strides, int axis) noexcept;
  void run(Lane& lane, const void* in, void* out) const noexcept;

 private:
  void run_row(const std::byte* in, std::byte* out) const noexcept;

  int64_t size_;
  Rule rule_;
  ConvertRow widen_, narrow_;
  LoopNest<2> outer_;  // in, out
  LoopNest<2>::Axis axis_;
};

}  // namespace tn
