// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/rows/arg_reduce.h"

#include "backends/cpu/kernels/float_type.h"

namespace tn {
namespace {

constexpr int64_t kColumns = 64;              // of one unit of work
constexpr int64_t kSerialElements = 1 << 13;  // below this a second thread costs more than it brings

}  // namespace

ArgReduce::ArgReduce(DataType type, Rule rule, Isa isa)
    : size_(static_cast<int64_t>(size_of(type))),
      kernel_(row_kernels(isa).arg[(rule.smallest ? 2u : 0u) + (rule.last ? 1u : 0u)][float_index(type)]) {}

void ArgReduce::bind(const Shape& dims, const Shape& in_strides, int axis, const Shape& out_strides) noexcept {
  Shape outer = dims;
  outer[axis] = 1;
  axis_dim_ = dims[axis];
  axis_stride_ = in_strides[axis];
  outer_ = LoopNest<2>(outer, {in_strides, out_strides});
  outer_.merge();
  column_axis_ = {};
  for (int i = 0; i < outer_.rank() && column_axis_.dim == 1 && axis_stride_ != 1; ++i) {
    if (outer_[i].strides[0] == 1) column_axis_ = outer_.take(i);
  }
  column_blocks_ = (column_axis_.dim + kColumns - 1) / kColumns;
  units_ = axis_dim_ == 0 ? 0 : outer_.count() * column_blocks_;
}

void ArgReduce::run(Lane& lane, const void* in, int64_t* out) const noexcept {
  if (units_ == 0) return;
  const auto* from = static_cast<const std::byte*>(in);
  const auto part = [&](int64_t begin, int64_t end) {
    LoopNest<2>::Cursor cursor(outer_, begin / column_blocks_);
    for (int64_t unit = begin; unit < end; ++unit) {
      const int64_t block = unit % column_blocks_, column = column_axis_.dim * block / column_blocks_;
      const int64_t columns = column_axis_.dim * (block + 1) / column_blocks_ - column;
      kernel_(from + (cursor[0] + column) * size_, axis_stride_, axis_dim_, columns,
              out + cursor[1] + column * column_axis_.strides[1], column_axis_.strides[1]);
      if (block + 1 == column_blocks_) cursor.next();
    }
  };
  if (outer_.count() * column_axis_.dim * axis_dim_ < kSerialElements)
    part(0, units_);
  else
    lane.parallel_for(units_, part);
}

}  // namespace tn
