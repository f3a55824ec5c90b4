// SPDX-License-Identifier: Apache-2.0
#include "base/shape.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

#include "base/error.h"

namespace tn {

Shape::Shape(std::span<const int64_t> dims) : rank_(static_cast<int>(dims.size())) {
  if (dims.size() > kMaxRank) {
    throw Error(ErrorCode::InvalidArgument, "rank {} is above the largest supported rank {}", dims.size(), kMaxRank);
  }
  std::copy(dims.begin(), dims.end(), dims_.begin());
}

Shape Shape::filled(int rank, int64_t value) {
  Shape shape;
  for (int i = 0; i < rank; ++i) shape.push_back(value);
  return shape;
}

void Shape::no_such_axis(int axis) {
  throw Error(ErrorCode::InvalidArgument, "there is no axis {}", axis);
}

void Shape::push_back(int64_t dim) {
  if (rank_ == kMaxRank) throw Error(ErrorCode::InvalidArgument, "rank above the largest supported rank {}", kMaxRank);
  dims_[static_cast<size_t>(rank_++)] = dim;
}

int64_t Shape::elements() const {
  return std::accumulate(begin(), end(), int64_t{1}, std::multiplies<>());
}

Shape Shape::row_major_strides() const {
  Shape strides = filled(rank_, 1);
  for (int i = rank_ - 2; i >= 0; --i) strides[i] = strides[i + 1] * dims_[static_cast<size_t>(i + 1)];
  return strides;
}

std::string to_string(const Shape& shape) {
  return fmt::format("[{}]", fmt::join(shape.begin(), shape.end(), ","));
}

}  // namespace tn
