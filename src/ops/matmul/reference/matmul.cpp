// SPDX-License-Identifier: Apache-2.0
#include "ops/matmul/reference/matmul.h"

#include <utility>

namespace tn::ops {
namespace {

struct Matrix {
  int64_t row, column;  ///< strides
  Shape batch_dims, batch_strides;
};

Matrix split(const TensorView& x, bool transpose) {
  const int rank = x.rank();
  Matrix matrix{x.strides[rank - 2], x.strides[rank - 1], {}, {}};
  if (transpose) std::swap(matrix.row, matrix.column);
  for (int i = 0; i < rank - 2; ++i) {
    matrix.batch_dims.push_back(x.dims[i]);
    matrix.batch_strides.push_back(x.strides[i]);
  }
  return matrix;
}

}  // namespace

void matmul(const MatMulAttributes& attributes, std::span<const TensorView> inputs,
            std::span<const TensorView> outputs) {
  const TensorView &x = inputs[0], &y = inputs[1], &z = outputs[0];
  const Matrix a = split(x, attributes.transpose_a), b = split(y, attributes.transpose_b), c = split(z, false);
  const int64_t m = z.dims[z.rank() - 2], n = z.dims[z.rank() - 1];
  const int64_t k = x.dims[x.rank() - (attributes.transpose_a ? 2 : 1)];
  const Shape a_batch = broadcast_strides(a.batch_dims, a.batch_strides, c.batch_dims);
  const Shape b_batch = broadcast_strides(b.batch_dims, b.batch_strides, c.batch_dims);
  const auto cell = [&](int64_t a0, int64_t b0, int64_t to) {
    if (is_float(z.type)) {
      double sum = 0;
      for (int64_t i = 0; i < k; ++i) sum += load_double(x, a0 + i * a.column) * load_double(y, b0 + i * b.row);
      return store_double(z, to, sum);
    }
    uint64_t sum = 0;  // wraps
    for (int64_t i = 0; i < k; ++i) {
      sum += static_cast<uint64_t>(load_int64(x, a0 + i * a.column)) *
             static_cast<uint64_t>(load_int64(y, b0 + i * b.row));
    }
    store_int64(z, to, static_cast<int64_t>(sum));
  };
  for (Walk walk(c.batch_dims, {a_batch, b_batch, c.batch_strides}); walk.more(); walk.next()) {
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t j = 0; j < n; ++j) {
        cell(walk.offset(0) + i * a.row, walk.offset(1) + j * b.column, walk.offset(2) + i * c.row + j * c.column);
      }
    }
  }
}

extern const ReferenceEntry matmul_reference = make_reference<MatMulAttributes, matmul>("MatMul", {2, 1});

}  // namespace tn::ops
