// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/rows/softmax.h"

#include "backends/cpu/kernels/float_type.h"

namespace tn {
namespace {

constexpr int64_t kColumns = 64;              // of one unit of work
constexpr int64_t kSerialElements = 1 << 12;  // below this a second thread costs more than it brings

}  // namespace

Softmax::Softmax(DataType type, bool log, Isa isa)
    : size_(static_cast<int64_t>(size_of(type))),
      row_((log ? row_kernels(isa).log_softmax : row_kernels(isa).softmax)[float_index(type)]),
      columns_((log ? row_kernels(isa).log_softmax_columns : row_kernels(isa).softmax_columns)[float_index(type)]) {}

void Softmax::bind(const Shape& dims, const Shape& in_strides, const Shape& out_strides, int axis) noexcept {
  units_ = 0;
  if (dims.elements() == 0) return;
  Shape outer = dims;
  outer[axis] = 1;
  axis_ = {dims[axis], {in_strides[axis], out_strides[axis]}};
  outer_ = LoopNest<2>(outer, {in_strides, out_strides});
  outer_.merge();
  by_rows_ = axis_.dim == 1 || (axis_.strides[0] == 1 && axis_.strides[1] == 1);
  column_axis_ = {};
  for (int i = 0; i < outer_.rank() && !by_rows_ && column_axis_.dim == 1; ++i) {
    if (outer_[i].strides[0] == 1 && outer_[i].strides[1] == 1) column_axis_ = outer_.take(i);
  }
  column_blocks_ = (column_axis_.dim + kColumns - 1) / kColumns;
  units_ = outer_.count() * column_blocks_;
}

void Softmax::run(Lane& lane, const void* in, void* out) const noexcept {
  if (units_ == 0) return;
  const auto* from = static_cast<const std::byte*>(in);
  auto* to = static_cast<std::byte*>(out);
  const auto part = [&](int64_t begin, int64_t end) {
    LoopNest<2>::Cursor cursor(outer_, begin / column_blocks_);
    for (int64_t unit = begin; unit < end; ++unit) {
      const int64_t block = unit % column_blocks_, column = column_axis_.dim * block / column_blocks_;
      const auto* source = from + (cursor[0] + column) * size_;
      auto* target = to + (cursor[1] + column) * size_;
      if (by_rows_) {
        row_(source, target, axis_.dim);
      } else {
        const int64_t columns = column_axis_.dim * (block + 1) / column_blocks_ - column;
        columns_(source, axis_.strides[0], target, axis_.strides[1], axis_.dim, columns);
      }
      if (block + 1 == column_blocks_) cursor.next();
    }
  };
  if (outer_.count() * column_axis_.dim * axis_.dim < kSerialElements)
    part(0, units_);
  else
    lane.parallel_for(units_, part);
}

}  // namespace tn
