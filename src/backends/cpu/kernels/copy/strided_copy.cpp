// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/copy/strided_copy.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace tn {
namespace {

constexpr int64_t kTile = 64;              // edge of a transposed block, in elements
constexpr int64_t kShort = 8;              // columns; fewer are not worth a call for every row
constexpr int64_t kUnitBytes = 1 << 14;    // what one unit of row copies writes at most, about
constexpr int64_t kSerialBytes = 1 << 15;  // below this a second thread costs more than it brings

}  // namespace

StridedCopy::StridedCopy(DataType from, DataType to, Isa isa) noexcept
    : from_size_(static_cast<int64_t>(size_of(from))),
      to_size_(static_cast<int64_t>(size_of(to))),
      any_row_(convert_row(from, to)),
      contiguous_row_(convert_contiguous_row(from, to, isa)),
      transpose_block_(copy_kernels(isa).transpose[static_cast<size_t>(std::countr_zero(size_of(to)))]),
      same_type_(from == to) {}

void StridedCopy::bind(const Shape& dims, const Shape& from_strides, const Shape& to_strides) noexcept {
  units_ = 0;
  if (dims.elements() == 0) return;
  outer_ = LoopNest<2>(dims, {from_strides, to_strides});
  outer_.sort_by(1);
  outer_.merge();
  column_axis_ = outer_.take_inner();
  is_transpose_ = false;
  row_axis_ = {};
  if (column_axis_.strides[1] == 1 && column_axis_.strides[0] != 1 && column_axis_.strides[0] != 0) {
    for (int i = 0; i < outer_.rank() && !is_transpose_; ++i) {
      if (outer_[i].strides[0] != 1) continue;
      is_transpose_ = true;
      row_axis_ = outer_.take(i);
    }
  }
  if (!is_transpose_) row_axis_ = outer_.take_inner();
  if (!is_transpose_ && column_axis_.dim < kShort && row_axis_.dim > column_axis_.dim)
    std::swap(row_axis_, column_axis_);
  const bool contiguous = column_axis_.dim == 1 || (column_axis_.strides[0] == 1 && column_axis_.strides[1] == 1);
  row_ = contiguous ? contiguous_row_ : any_row_;

  rows_ = {row_axis_.dim, 1};
  columns_ = {column_axis_.dim, 1};
  if (is_transpose_) {
    rows_.blocks = (rows_.dim + kTile - 1) / kTile;
    columns_.blocks = (columns_.dim + kTile - 1) / kTile;
  } else {
    const int64_t most = kUnitBytes / to_size_;
    columns_.blocks = (columns_.dim + most - 1) / most;
    rows_.blocks = (rows_.dim * std::min(columns_.dim, most) + most - 1) / most;
  }
  units_ = outer_.count() * rows_.blocks * columns_.blocks;
}

void StridedCopy::run(Lane& lane, const void* from, void* to) const noexcept {
  if (units_ == 0) return;
  const std::byte* in = static_cast<const std::byte*>(from);
  std::byte* out = static_cast<std::byte*>(to);
  if (outer_.count() * rows_.dim * columns_.dim * to_size_ < kSerialBytes) {
    run_units(0, units_, in, out);
  } else {
    lane.parallel_for(units_, [&](int64_t begin, int64_t end) { run_units(begin, end, in, out); });
  }
}

void StridedCopy::run_units(int64_t begin, int64_t end, const std::byte* from, std::byte* to) const noexcept {
  const int64_t plane = rows_.blocks * columns_.blocks;
  LoopNest<2>::Cursor cursor(outer_, begin / plane);
  int64_t block = begin % plane;
  for (int64_t unit = begin; unit < end; ++unit) {
    const int64_t row_block = block / columns_.blocks, column_block = block % columns_.blocks;
    const int64_t row = rows_.begin(row_block), column = columns_.begin(column_block);
    const int64_t rows = rows_.begin(row_block + 1) - row, columns = columns_.begin(column_block + 1) - column;
    const int64_t in = cursor[0] + row * row_axis_.strides[0] + column * column_axis_.strides[0];
    const int64_t out = cursor[1] + row * row_axis_.strides[1] + column * column_axis_.strides[1];
    if (is_transpose_)
      transpose(from + in * from_size_, to + out * to_size_, rows, columns);
    else
      copy_rows(from + in * from_size_, to + out * to_size_, rows, columns);
    if (++block == plane) {
      block = 0;
      cursor.next();
    }
  }
}

void StridedCopy::copy_rows(const std::byte* from, std::byte* to, int64_t rows, int64_t columns) const noexcept {
  for (int64_t r = 0; r < rows; ++r) {
    row_(from, column_axis_.strides[0], to, column_axis_.strides[1], columns);
    from += row_axis_.strides[0] * from_size_;
    to += row_axis_.strides[1] * to_size_;
  }
}

void StridedCopy::transpose(const std::byte* from, std::byte* to, int64_t rows, int64_t columns) const noexcept {
  const int64_t from_stride = column_axis_.strides[0];
  if (same_type_) {
    transpose_block_(from, from_stride, to, row_axis_.strides[1], rows, columns);
    return;
  }
  alignas(64) std::byte converted[kTile * kTile * 8];
  for (int64_t c = 0; c < columns; ++c) {
    contiguous_row_(from + c * from_stride * from_size_, 1, converted + c * kTile * to_size_, 1, rows);
  }
  transpose_block_(converted, kTile, to, row_axis_.strides[1], rows, columns);
}

}  // namespace tn
