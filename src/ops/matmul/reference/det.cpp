// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <utility>
#include <vector>

#include "ops/reference/reference.h"

namespace tn::ops {
namespace {

// Of a row-major matrix, by elimination with the largest pivot of each column.
double determinant(std::vector<double>& a, int64_t n) {
  const auto at = [&](int64_t row, int64_t column) -> double& { return a[static_cast<size_t>(row * n + column)]; };
  double result = 1;
  for (int64_t k = 0; k < n; ++k) {
    int64_t pivot = k;
    for (int64_t row = k + 1; row < n; ++row) {
      if (std::fabs(at(row, k)) > std::fabs(at(pivot, k))) pivot = row;
    }
    if (at(pivot, k) == 0) return 0;
    if (pivot != k) {
      for (int64_t column = k; column < n; ++column) std::swap(at(k, column), at(pivot, column));
      result = -result;
    }
    result *= at(k, k);
    for (int64_t row = k + 1; row < n; ++row) {
      const double factor = at(row, k) / at(k, k);
      for (int64_t column = k; column < n; ++column) at(row, column) -= factor * at(k, column);
    }
  }
  return result;
}

void det(const NoAttributes&, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  const TensorView &x = inputs[0], &y = outputs[0];
  const int batch = x.rank() - 2;
  require(batch >= 0 && y.rank() == batch && x.dims[batch] == x.dims[batch + 1], "{} is no square matrix",
          to_string(x.dims));
  const int64_t n = x.dims[batch];
  std::vector<double> matrix(static_cast<size_t>(n * n));
  Shape strides;
  for (int i = 0; i < batch; ++i) strides.push_back(x.strides[i]);
  for (Walk walk(y.dims, {strides, y.strides}); walk.more(); walk.next()) {
    for (int64_t i = 0; i < n * n; ++i) {
      matrix[static_cast<size_t>(i)] =
          load_double(x, walk.offset(0) + i / n * x.strides[batch] + i % n * x.strides[batch + 1]);
    }
    store_double(y, walk.offset(1), determinant(matrix, n));
  }
}

}  // namespace

extern const ReferenceEntry det_reference = make_reference<NoAttributes, det>("Det");

}  // namespace tn::ops
