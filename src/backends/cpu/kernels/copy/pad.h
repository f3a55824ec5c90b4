// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "backends/cpu/kernels/copy/strided_copy.h"
#include "base/status.h"

namespace tn {

enum class PadMode : uint8_t { Constant, Edge, Reflect, Wrap };

/// Pads (or crops, where a pad is negative) any axes: the inside is copied, then the borders axis by axis.
/// bind() and run() never allocate; a bound object may run on several lanes at once.
class Pad {
 public:
  Pad(DataType type, PadMode mode, Isa isa = best_isa());

  /// Elements added before and after each axis of `dims`; strides in elements. Fails with Unsupported if a mode that
  /// repeats the tensor would have to repeat it more than once.
  Status bind(const Shape& dims, const Shape& strides, const Shape& before, const Shape& after,
              const Shape& out_strides) noexcept;
  /// `value` points to the element that PadMode::Constant writes; otherwise it is not read.
  void run(Lane& lane, const void* in, const void* value, void* out) const noexcept;

 private:
  struct Border {  // offsets in elements of `out`; a Constant border reads the value
    StridedCopy copy;
    int64_t from = 0, to = 0;
  };

  PadMode mode_;
  int64_t size_;
  StridedCopy inside_;
  int64_t inside_from_ = 0, inside_to_ = 0;
  std::vector<Border> borders_;  // two per axis
  int border_count_ = 0;
};

}  // namespace tn
