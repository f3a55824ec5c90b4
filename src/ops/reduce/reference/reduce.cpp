// SPDX-License-Identifier: Apache-2.0
#include "ops/reduce/reference/reduce.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace tn::ops {

std::span<const std::string_view> enum_names(ReduceMode) {
  static constexpr std::array<std::string_view, 5> kNames = {"Sum", "Mean", "Max", "Min", "Prod"};
  return kNames;
}

namespace {

bool is_reduced(std::span<const int64_t> axes, int axis, int rank) {
  return std::any_of(axes.begin(), axes.end(), [&](int64_t a) { return (a < 0 ? a + rank : a) == axis; });
}

}  // namespace

TensorView spread_over(const TensorView& output, const Shape& input, std::span<const int64_t> axes, bool keepdims) {
  TensorView view{output.data, output.type, input, {}, output.bounds};
  for (int axis = 0, from = 0; axis < input.rank(); ++axis) {
    const bool reduced = is_reduced(axes, axis, input.rank());
    view.strides.push_back(reduced ? 0 : output.strides[from]);
    if (!reduced || keepdims) ++from;
  }
  return view;
}

namespace {

// The smaller or larger; NaN wins.
double pick(double a, double b, bool larger) {
  if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<double>::quiet_NaN();
  return (larger ? b > a : b < a) ? b : a;
}
int64_t pick(int64_t a, int64_t b, bool larger, bool is_unsigned) {
  const bool less = is_unsigned ? static_cast<uint64_t>(b) < static_cast<uint64_t>(a) : b < a;
  return (b != a && less != larger) ? b : a;
}

double combine(ReduceMode mode, double a, double b, DataType) {
  switch (mode) {
    case ReduceMode::Max:
      return pick(a, b, true);
    case ReduceMode::Min:
      return pick(a, b, false);
    case ReduceMode::Prod:
      return a * b;
    default:
      return a + b;
  }
}
int64_t combine(ReduceMode mode, int64_t a, int64_t b, DataType type) {
  const auto x = static_cast<uint64_t>(a), y = static_cast<uint64_t>(b);
  switch (mode) {
    case ReduceMode::Max:
      return pick(a, b, true, type == DataType::U64);
    case ReduceMode::Min:
      return pick(a, b, false, type == DataType::U64);
    case ReduceMode::Prod:
      return static_cast<int64_t>(x * y);
    default:
      return static_cast<int64_t>(x + y);
  }
}

double start_of(ReduceMode mode, DataType, double) {
  if (mode == ReduceMode::Max) return -std::numeric_limits<double>::infinity();
  if (mode == ReduceMode::Min) return std::numeric_limits<double>::infinity();
  return mode == ReduceMode::Prod ? 1 : 0;
}
int64_t start_of(ReduceMode mode, DataType type, int64_t) {
  const int bits = type == DataType::Bool ? 1 : static_cast<int>(size_of(type)) * 8;
  const bool has_sign = is_signed_integer(type);
  const uint64_t highest = ~uint64_t{0} >> (64 - bits + (has_sign ? 1 : 0));
  if (mode == ReduceMode::Max) return has_sign ? -static_cast<int64_t>(highest) - 1 : 0;
  if (mode == ReduceMode::Min) return static_cast<int64_t>(highest);
  return mode == ReduceMode::Prod ? 1 : 0;
}

int64_t mean_of(int64_t sum, int64_t count) {
  return count == 0 ? 0 : sum / count;
}
double mean_of(double sum, int64_t count) {
  return sum / static_cast<double>(count);
}

// Accumulates in T over a dense scratch of the output's shape.
template <typename T, typename Load, typename Store>
void reduce_as(const ReduceAttributes& a, const TensorView& x, const TensorView& y, Load load, Store store) {
  Shape kept;
  for (int axis = 0; axis < x.rank(); ++axis) {
    const bool reduced = is_reduced(a.axes, axis, x.rank());
    if (!reduced || a.keepdims) kept.push_back(reduced ? 1 : x.dims[axis]);
  }
  require(y.dims == kept, "the result is {}, it should be {}", to_string(y.dims), to_string(kept));
  std::vector<T> sums(static_cast<size_t>(y.elements()), start_of(a.mode, x.type, T{}));
  const TensorView dense = TensorView::dense(sums.data(), x.type, y.dims);
  const TensorView target = spread_over(dense, x.dims, a.axes, a.keepdims);
  for (Walk walk(x.dims, {x.strides, target.strides}); walk.more(); walk.next()) {
    T& sum = sums[static_cast<size_t>(walk.offset(1))];
    sum = combine(a.mode, sum, load(x, walk.offset(0)), x.type);
  }
  const int64_t count = y.elements() == 0 ? 0 : x.elements() / y.elements();
  for (Walk walk(y.dims, {y.strides, dense.strides}); walk.more(); walk.next()) {
    const T sum = sums[static_cast<size_t>(walk.offset(1))];
    store(y, walk.offset(0), a.mode == ReduceMode::Mean ? mean_of(sum, count) : sum);
  }
}

}  // namespace

void reduce(const ReduceAttributes& a, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  if (is_float(inputs[0].type))
    reduce_as<double>(a, inputs[0], outputs[0], load_double, store_double);
  else
    reduce_as<int64_t>(a, inputs[0], outputs[0], load_int64, store_int64);
}

extern const ReferenceEntry reduce_reference = make_reference<ReduceAttributes, reduce>("Reduce");

}  // namespace tn::ops
