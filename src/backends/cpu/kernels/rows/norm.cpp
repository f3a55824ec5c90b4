// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/rows/norm.h"

#include "backends/cpu/kernels/float_type.h"

namespace tn {
namespace {

constexpr int64_t kSerialElements = 1 << 13;

}  // namespace

RowNorm::RowNorm(DataType type, Kind kind, float epsilon, Isa isa)
    : size_(static_cast<int64_t>(size_of(type))),
      norm_((kind == Kind::Rms ? row_kernels(isa).rms_norm : row_kernels(isa).layer_norm)[float_index(type)]),
      epsilon_(epsilon) {}

void RowNorm::bind(const Shape& outer, int64_t row, const Shape& in_strides, const Shape& residual_strides,
                   const Shape& sum_strides, const Shape& out_strides) noexcept {
  outer_ = LoopNest<4>(outer, {in_strides, residual_strides, sum_strides, out_strides});
  outer_.merge();
  row_ = row;
}

void RowNorm::run(Lane& lane, const Operands& operands) const noexcept {
  if (row_ == 0) return;
  const auto at = [&](const void* base, int64_t offset) {
    return base == nullptr ? nullptr : static_cast<const std::byte*>(base) + offset * size_;
  };
  const auto at_out = [&](void* base, int64_t offset) {
    return base == nullptr ? nullptr : static_cast<std::byte*>(base) + offset * size_;
  };
  const auto part = [&](int64_t begin, int64_t end) {
    LoopNest<4>::Cursor cursor(outer_, begin);
    for (int64_t unit = begin; unit < end; ++unit, cursor.next()) {
      norm_({at(operands.in, cursor[0]), at(operands.residual, cursor[1]), at_out(operands.sum, cursor[2]),
             operands.scale, operands.bias, at_out(operands.out, cursor[3]), row_, epsilon_});
    }
  };
  const int64_t rows = outer_.count();
  if (rows * row_ < kSerialElements)
    part(0, rows);
  else
    lane.parallel_for(rows, part);
}

}  // namespace tn
