// SPDX-License-Identifier: Apache-2.0
#include "ops/matmul/reference/matmul.h"

#include <algorithm>
#include <array>
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

constexpr int64_t kColumns = 64;  // whose sums are made together
using Sums = std::array<uint32_t, kColumns>;

bool has_words(const TensorView& x) {
  return x.type == DataType::I32 || x.type == DataType::U32;
}

// Address of a matrix of 32-bit integers at `offset`, once its corners are known to lie within the bounds.
const uint32_t* words(const TensorView& view, const Matrix& matrix, int64_t offset, int64_t rows, int64_t columns) {
  for (const int64_t row : {int64_t{0}, rows - 1}) {
    for (const int64_t column : {int64_t{0}, columns - 1}) view.at(offset + row * matrix.row + column * matrix.column);
  }
  return static_cast<const uint32_t*>(view.at(offset));
}

void add_row(uint32_t factor, const uint32_t* row, int64_t stride, int64_t width, Sums& sums) {
  if (width == kColumns && stride == 1) {
    for (size_t j = 0; j < kColumns; ++j) sums[j] += factor * row[j];
  } else {
    for (int64_t j = 0; j < width; ++j) sums[static_cast<size_t>(j)] += factor * row[j * stride];
  }
}

}  // namespace

void matmul(const MatMulAttributes& attributes, std::span<const TensorView> inputs,
            std::span<const TensorView> outputs) {
  const TensorView &x = inputs[0], &y = inputs[1], &z = outputs[0];
  const Matrix a = split(x, attributes.transpose_a), b = split(y, attributes.transpose_b), c = split(z, false);
  const int64_t m = z.dims[z.rank() - 2], n = z.dims[z.rank() - 1];
  const int64_t k = x.dims[x.rank() - (attributes.transpose_a ? 2 : 1)];
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
  const auto block = [&](int64_t a0, int64_t b0, int64_t to, int64_t width) {
    const uint32_t *row = words(x, a, a0, 1, k), *columns = words(y, b, b0, k, width);
    Sums sums{};  // wrap
    for (int64_t i = 0; i < k; ++i) add_row(row[i * a.column], columns + i * b.row, b.column, width, sums);
    for (int64_t j = 0; j < width; ++j) store_int64(z, to + j * c.column, sums[static_cast<size_t>(j)]);
  };
  const bool in_blocks = k > 0 && has_words(x) && has_words(y) && has_words(z);
  const Shape a_batch = broadcast_strides(a.batch_dims, a.batch_strides, c.batch_dims);
  const Shape b_batch = broadcast_strides(b.batch_dims, b.batch_strides, c.batch_dims);
  for (Walk walk(c.batch_dims, {a_batch, b_batch, c.batch_strides}); walk.more(); walk.next()) {
    for (int64_t i = 0; i < m; ++i) {
      const int64_t a0 = walk.offset(0) + i * a.row, b0 = walk.offset(1), to = walk.offset(2) + i * c.row;
      for (int64_t j = 0; j < n && in_blocks; j += kColumns)
        block(a0, b0 + j * b.column, to + j * c.column, std::min(kColumns, n - j));
      for (int64_t j = 0; j < n && !in_blocks; ++j) cell(a0, b0 + j * b.column, to + j * c.column);
    }
  }
}

extern const ReferenceEntry matmul_reference = make_reference<MatMulAttributes, matmul>("MatMul", {2, 1});

}  // namespace tn::ops
