// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/copy/gather.h"

namespace tn {
namespace {

constexpr int64_t kSerialBytes = 1 << 15;

Shape part(const Shape& shape, int begin, int end) {
  return Shape(shape.span().subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin)));
}

}  // namespace

Gather::Gather(DataType data, DataType out, DataType index, Isa isa) noexcept
    : data_size_(static_cast<int64_t>(size_of(data))),
      out_size_(static_cast<int64_t>(size_of(out))),
      any_row_(convert_row(data, out)),
      contiguous_row_(convert_contiguous_row(data, out, isa)),
      wide_index_(index == DataType::I64) {}

void Gather::bind(const Shape& dims, const Shape& strides, int axis, const Shape& index_dims,
                  const Shape& index_strides, const Shape& out_strides) noexcept {
  const int rank = dims.rank(), many = index_dims.rank();
  axis_dim_ = dims[axis];
  axis_stride_ = strides[axis];
  before_ = LoopNest<2>(part(dims, 0, axis), {part(strides, 0, axis), part(out_strides, 0, axis)});
  indices_ = LoopNest<2>(index_dims, {index_strides, part(out_strides, axis, axis + many)});
  after_ = LoopNest<2>(part(dims, axis + 1, rank),
                       {part(strides, axis + 1, rank), part(out_strides, axis + many, rank + many - 1)});
  before_.merge();
  indices_.merge();
  after_.sort_by(1);
  after_.merge();
  row_axis_ = after_.take_inner();
  const bool contiguous = row_axis_.dim == 1 || (row_axis_.strides[0] == 1 && row_axis_.strides[1] == 1);
  row_ = contiguous ? contiguous_row_ : any_row_;
  empty_ = before_.count() * indices_.count() * after_.count() * row_axis_.dim == 0;
}

Status Gather::run(Lane& lane, const void* data, const void* indices, void* out) const noexcept {
  const auto* in = static_cast<const std::byte*>(data);
  auto* to = static_cast<std::byte*>(out);
  return wide_index_ ? run_with(lane, in, static_cast<const int64_t*>(indices), to)
                     : run_with(lane, in, static_cast<const int32_t*>(indices), to);
}

template <typename Index>
Status Gather::run_with(Lane& lane, const std::byte* data, const Index* indices, std::byte* out) const noexcept {
  const int64_t many = indices_.count();
  LoopNest<2>::Cursor check(indices_, 0);
  for (int64_t i = 0; i < many; ++i, check.next()) {
    const int64_t index = indices[check[0]];
    if (index < -axis_dim_ || index >= axis_dim_) {
      return Status::failure(ErrorCode::InvalidArgument, "gather: index {} is outside an axis of {} elements", index,
                             axis_dim_);
    }
  }
  if (empty_) return {};
  const auto part = [&](int64_t begin, int64_t end) {
    LoopNest<2>::Cursor before(before_, begin / many), at(indices_, begin % many);
    for (int64_t unit = begin; unit < end; ++unit) {
      int64_t index = indices[at[0]];
      if (index < 0) index += axis_dim_;
      copy_slice(data + (before[0] + index * axis_stride_) * data_size_, out + (before[1] + at[1]) * out_size_);
      at.next();
      if ((unit + 1) % many == 0) before.next();
    }
  };
  const int64_t units = before_.count() * many;
  if (units * after_.count() * row_axis_.dim * out_size_ < kSerialBytes)
    part(0, units);
  else
    lane.parallel_for(units, part);
  return {};
}

void Gather::copy_slice(const std::byte* data, std::byte* out) const noexcept {
  const int64_t rows = after_.count();
  LoopNest<2>::Cursor at(after_, 0);
  for (int64_t r = 0; r < rows; ++r, at.next()) {
    row_(data + at[0] * data_size_, row_axis_.strides[0], out + at[1] * out_size_, row_axis_.strides[1], row_axis_.dim);
  }
}

}  // namespace tn
