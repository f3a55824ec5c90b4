// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/rows/reduce.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "backends/cpu/kernels/float_type.h"
#include "base/tensor_view.h"

namespace tn {
namespace {

constexpr int64_t kColumns = 64;              // of one unit of work, at most
constexpr int64_t kFewestColumns = 16;        // a cache line of f32
constexpr int64_t kBlock = 1 << 12;           // elements that are summed in f32 at most
constexpr int64_t kSerialElements = 1 << 13;  // below this a second thread costs more than it brings

ReduceStep step_of(ReduceOp op) {
  switch (op) {
    case ReduceOp::Max:
      return ReduceStep::Max;
    case ReduceOp::Min:
      return ReduceStep::Min;
    case ReduceOp::Product:
      return ReduceStep::Product;
    case ReduceOp::L1:
      return ReduceStep::SumAbs;
    case ReduceOp::L2:
    case ReduceOp::SumSquare:
      return ReduceStep::SumSquare;
    case ReduceOp::LogSumExp:
      return ReduceStep::SumExp;
    default:
      return ReduceStep::Sum;
  }
}

double neutral(ReduceStep step) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  return step == ReduceStep::Max       ? -kInfinity
         : step == ReduceStep::Min     ? kInfinity
         : step == ReduceStep::Product ? 1
                                       : 0;
}

double join(ReduceStep step, double a, double b) {
  switch (step) {
    case ReduceStep::Max:
      return b > a || std::isnan(b) ? b : a;
    case ReduceStep::Min:
      return b < a || std::isnan(b) ? b : a;
    case ReduceStep::Product:
      return a * b;
    default:
      return a + b;
  }
}

}  // namespace

Reduce::Reduce(DataType type, ReduceOp op, Isa isa)
    : type_(type),
      type_index_(float_index(type)),
      size_(static_cast<int64_t>(size_of(type))),
      op_(op),
      step_(step_of(op)),
      kernels_(row_kernels(isa)) {}

void Reduce::bind(const Shape& dims, const Shape& in_strides, uint32_t axes, const Shape& out_strides) noexcept {
  Shape kept = dims, reduced = dims;
  for (int i = 0; i < dims.rank(); ++i) (((axes >> i) & 1u) != 0 ? kept : reduced)[i] = 1;
  count_ = reduced.elements();
  kept_ = LoopNest<2>(kept, {in_strides, out_strides});
  kept_.merge();
  reduced_ = LoopNest<1>(reduced, {in_strides});
  reduced_.sort_by(0);
  reduced_.merge();
  run_axis_ = reduced_.take_inner();
  by_rows_ = run_axis_.dim == 1 || run_axis_.strides[0] == 1;
  column_axis_ = {};
  for (int i = kept_.rank() - 1; i >= 0; --i) {
    // Short contiguous runs beside a long contiguous kept axis do not occur: only one axis has stride one.
    if (kept_[i].strides[0] != 1 || (by_rows_ && run_axis_.dim > 1)) continue;
    column_axis_ = kept_.take(i);
    by_rows_ = false;
    break;
  }
  work_ = kept_.count() * column_axis_.dim * std::max<int64_t>(1, count_);
}

void Reduce::run(Lane& lane, const void* in, void* out) const noexcept {
  if (work_ == 0) return;
  const auto* from = static_cast<const std::byte*>(in);
  auto* to = static_cast<std::byte*>(out);
  const int64_t outer = kept_.count(), spare = (lane.size() + outer - 1) / outer;
  const int64_t blocks = std::max(
      {(column_axis_.dim + kColumns - 1) / kColumns, std::min(spare, column_axis_.dim / kFewestColumns), int64_t{1}});
  const auto part = [&](int64_t begin, int64_t end) {
    LoopNest<2>::Cursor cursor(kept_, begin / blocks);
    for (int64_t unit = begin; unit < end; ++unit) {
      const int64_t block = unit % blocks, column = column_axis_.dim * block / blocks;
      const auto* source = from + (cursor[0] + column * column_axis_.strides[0]) * size_;
      auto* target = to + (cursor[1] + column * column_axis_.strides[1]) * size_;
      if (by_rows_)
        reduce_rows(source, target);
      else
        reduce_columns(source, target, column_axis_.dim * (block + 1) / blocks - column);
      if (block + 1 == blocks) cursor.next();
    }
  };
  if (work_ < kSerialElements)
    part(0, outer * blocks);
  else
    lane.parallel_for(outer * blocks, part);
}

double Reduce::row_total(ReduceStep step, const std::byte* in, float shift) const noexcept {
  const auto kernel = kernels_.reduce[static_cast<size_t>(step)][type_index_];
  double total = neutral(step);
  const int64_t runs = reduced_.count();
  LoopNest<1>::Cursor cursor(reduced_, 0);
  for (int64_t run = 0; run < runs; ++run, cursor.next()) {
    for (int64_t i = 0; i < run_axis_.dim; i += kBlock) {
      total = join(step, total, kernel(in + (cursor[0] + i) * size_, std::min(kBlock, run_axis_.dim - i), shift));
    }
  }
  return total;
}

void Reduce::reduce_rows(const std::byte* in, std::byte* out) const noexcept {
  double shift = 0;
  if (op_ == ReduceOp::LogSumExp) {
    shift = row_total(ReduceStep::Max, in, 0);
    if (!std::isfinite(shift)) shift = 0;
  }
  const double total = count_ == 0 ? neutral(step_) : row_total(step_, in, static_cast<float>(shift));
  store_double({out, type_, {}, {}}, 0, finish(total, shift));
}

void Reduce::columns_total(ReduceStep step, const std::byte* in, int64_t columns, float* acc,
                           const float* shift) const noexcept {
  const auto kernel = kernels_.reduce_columns[static_cast<size_t>(step)][type_index_];
  std::fill_n(acc, columns, static_cast<float>(neutral(step)));
  if (count_ == 0) return;
  const int64_t runs = reduced_.count(), stride = run_axis_.strides[0];
  LoopNest<1>::Cursor cursor(reduced_, 0);
  for (int64_t run = 0; run < runs; ++run, cursor.next()) {
    constexpr int64_t kRows = 256;  // few enough that sums of sums stay accurate
    for (int64_t r = 0; r < run_axis_.dim; r += kRows) {
      kernel(in + (cursor[0] + r * stride) * size_, stride, std::min(kRows, run_axis_.dim - r), columns, acc, shift);
    }
  }
}

void Reduce::reduce_columns(const std::byte* in, std::byte* out, int64_t columns) const noexcept {
  alignas(64) float acc[kColumns] = {}, shift[kColumns] = {};
  if (op_ == ReduceOp::LogSumExp) {
    columns_total(ReduceStep::Max, in, columns, shift, acc);
    for (float& x : shift) x = std::isfinite(x) ? x : 0.0f;
  }
  columns_total(step_, in, columns, acc, shift);
  const bool needs_double = op_ == ReduceOp::L2 || op_ == ReduceOp::LogSum || op_ == ReduceOp::LogSumExp;
  if (!needs_double && column_axis_.strides[1] == 1) {
    return kernels_.divide[type_index_](acc, op_ == ReduceOp::Mean ? static_cast<float>(count_) : 1.0f, columns, out);
  }
  const TensorView view{out, type_, {}, {}};
  for (int64_t c = 0; c < columns; ++c) {
    const auto i = static_cast<size_t>(c);
    store_double(view, c * column_axis_.strides[1], finish(static_cast<double>(acc[i]), static_cast<double>(shift[i])));
  }
}

double Reduce::finish(double total, double shift) const noexcept {
  switch (op_) {
    case ReduceOp::Mean:
      return total / static_cast<double>(count_);
    case ReduceOp::L2:
      return std::sqrt(total);
    case ReduceOp::LogSum:
      return std::log(total);
    case ReduceOp::LogSumExp:
      return std::log(total) + shift;
    default:
      return total;
  }
}

}  // namespace tn
