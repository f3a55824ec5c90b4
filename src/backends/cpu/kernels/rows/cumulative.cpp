// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/rows/cumulative.h"

#include <algorithm>

#include "backends/cpu/kernels/float_type.h"

namespace tn {
namespace {

constexpr int64_t kBlock = 256;               // elements that are converted at a time
constexpr int64_t kSerialElements = 1 << 13;  // below this a second thread costs more than it brings

}  // namespace

CumulativeSum::CumulativeSum(DataType type, Rule rule)
    : size_(static_cast<int64_t>(size_of(type))),
      rule_(rule),
      widen_(convert_row(type, DataType::F32)),
      narrow_(convert_row(DataType::F32, type)) {
  float_index(type);
}

void CumulativeSum::bind(const Shape& dims, const Shape& in_strides, const Shape& out_strides, int axis) noexcept {
  Shape outer = dims;
  outer[axis] = 1;
  axis_ = {dims[axis], {in_strides[axis], out_strides[axis]}};
  outer_ = LoopNest<2>(outer, {in_strides, out_strides});
  outer_.merge();
}

void CumulativeSum::run(Lane& lane, const void* in, void* out) const noexcept {
  const auto* from = static_cast<const std::byte*>(in);
  auto* to = static_cast<std::byte*>(out);
  const auto part = [&](int64_t begin, int64_t end) {
    LoopNest<2>::Cursor cursor(outer_, begin);
    for (int64_t unit = begin; unit < end; ++unit, cursor.next()) {
      run_row(from + cursor[0] * size_, to + cursor[1] * size_);
    }
  };
  const int64_t rows = outer_.count();
  if (rows * axis_.dim < kSerialElements)
    part(0, rows);
  else
    lane.parallel_for(rows, part);
}

void CumulativeSum::run_row(const std::byte* in, std::byte* out) const noexcept {
  const int64_t step = rule_.reverse ? -1 : 1, first = rule_.reverse ? axis_.dim - 1 : 0;
  float values[kBlock];
  double sum = 0;
  for (int64_t i = 0; i < axis_.dim; i += kBlock) {
    const int64_t some = std::min(kBlock, axis_.dim - i), at = first + step * i;
    widen_(in + at * axis_.strides[0] * size_, step * axis_.strides[0], values, 1, some);
    for (int64_t k = 0; k < some; ++k) {
      const double before = sum;
      sum += static_cast<double>(values[k]);
      values[k] = static_cast<float>(rule_.exclusive ? before : sum);
    }
    narrow_(values, 1, out + at * axis_.strides[1] * size_, step * axis_.strides[1], some);
  }
}

}  // namespace tn
