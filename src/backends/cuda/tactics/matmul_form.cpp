// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/tactics/matmul_form.h"

#include <array>
#include <utility>
#include <vector>

#include "ops/matmul/matmul.h"

namespace tn::cuda {
namespace {

/// The extent, if it is the same whatever the symbols are.
std::optional<int64_t> fixed(const Dim& dim, const SymbolRanges& ranges) {
  const DimRange range = range_of(dim, ranges);
  return range.min == range.max ? std::optional(range.max) : std::nullopt;
}

/// Strides of A, B, residual and result along one axis of the result.
struct Axis {
  int64_t extent = 1;
  std::array<int64_t, 4> strides{};
};

/// Strides of an operand as [leading axes of the result…, rows, columns].
struct Lying {
  std::vector<int64_t> leading;
  int64_t row = 0, column = 1;
};

/// Elements between the columns of packed B, as for our own kernels.
int64_t packed_stride(int64_t depth, DataType type) {
  const int64_t chunk = Operand::kAlignment / static_cast<int64_t>(size_of(type));
  return (depth + chunk - 1) / chunk * chunk;
}

/// How the product lies in memory, in numbers.
class Form {
 public:
  Form(const Region& region, const SymbolRanges& ranges) : region_(region), ranges_(ranges) {
    for (const Dim& dim : region.anchor_results[0].dims) result_.push_back(number(dim));
  }

  std::optional<MatmulStep> step(const Places& places, const Place& out, int residual, bool tf32) {
    const auto& op = dynamic_cast<const ops::MatMul&>(*region_.anchor);
    const int a = region_.anchor_inputs[0], b = region_.anchor_inputs[1];
    const size_t rank = result_.size();
    MatmulStep step;
    step.type = region_.input_type(a).type;
    step.tf32 = tf32;
    step.columns = result_[rank - 1];
    step.depth = number(region_.input_type(a).dims[region_.input_type(a).dims.size() - (op.transpose_a ? 2 : 1)]);
    std::array<Lying, 4> lying;
    lying[0] = lie(region_.input_type(a).dims, places.input(a), op.transpose_a);
    if (has_packed_b(region_))
      lying[1] = {std::vector<int64_t>(rank - 2), 1, packed_stride(step.depth, step.type)};
    else
      lying[1] = lie(region_.input_type(b).dims, places.input(b), op.transpose_b);
    lying[3] = lie(region_.anchor_results[0].dims, out, false);
    lying[2] = residual == kNone ? lying[3] : lie(region_.input_type(residual).dims, places.input(residual), false);
    if (varies_ || lying[2].column != 1 || lying[3].column != 1) return std::nullopt;
    const auto axes = merge(axes_of(lying));
    if (!axes) return std::nullopt;
    const auto& [batch, rows] = *axes;
    step.batch = batch.extent;
    step.rows = rows.extent;
    step.a = matrix(step.rows, step.depth, rows.strides[0], lying[0].column, batch.strides[0]);
    step.b = matrix(step.depth, step.columns, lying[1].row, lying[1].column, batch.strides[1]);
    step.residual = matrix(step.rows, step.columns, rows.strides[2], 1, batch.strides[2]);
    step.out = matrix(step.rows, step.columns, rows.strides[3], 1, batch.strides[3]);
    if (!fits(step)) return std::nullopt;
    return step;
  }

 private:
  int64_t number(const Dim& dim) {
    const auto value = fixed(dim, ranges_);
    varies_ = varies_ || !value;
    return value.value_or(1);
  }

  Lying lie(const Dims& dims, const Place& place, bool transposed) {
    Lying lying;
    const size_t rank = dims.size(), axes = result_.size() - 2;
    lying.leading.assign(axes, 0);
    for (size_t i = 0; i + 2 < rank; ++i) {
      if (number(dims[i]) != 1) lying.leading[axes + 2 + i - rank] = number(place.strides[i]);
    }
    lying.row = number(place.strides[rank - 2]), lying.column = number(place.strides[rank - 1]);
    if (transposed) std::swap(lying.row, lying.column);
    return lying;
  }

  std::vector<Axis> axes_of(const std::array<Lying, 4>& lying) const {
    std::vector<Axis> axes;
    for (size_t i = 0; i + 1 < result_.size(); ++i) {
      Axis axis{result_[i], {}};
      const bool row = i + 2 == result_.size();
      for (size_t k = 0; k < lying.size(); ++k) axis.strides[k] = row ? lying[k].row : lying[k].leading[i];
      if (row) axis.strides[1] = 0;  // rows of the result have nothing to do with B
      if (axis.extent != 1) axes.push_back(axis);
    }
    return axes;
  }

  /// The axes as one of the batch and one of rows, if they can be seen so.
  static std::optional<std::pair<Axis, Axis>> merge(const std::vector<Axis>& axes) {
    std::vector<Axis> merged;
    for (const Axis& axis : axes) {
      const auto follows = [&](const Axis& outer) {
        for (size_t k = 0; k < axis.strides.size(); ++k)
          if (outer.strides[k] != axis.extent * axis.strides[k]) return false;
        return true;
      };
      if (!merged.empty() && follows(merged.back()))
        merged.back() = {merged.back().extent * axis.extent, axis.strides};
      else
        merged.push_back(axis);
    }
    if (merged.empty()) return std::pair<Axis, Axis>{};
    // Rows are the innermost axis along which B stays the same.
    const bool has_rows = merged.back().strides[1] == 0;
    if (merged.size() == 1) return has_rows ? std::pair(Axis{}, merged[0]) : std::pair(merged[0], Axis{});
    if (merged.size() > 2 || !has_rows) return std::nullopt;
    return std::pair(merged[0], merged[1]);
  }

  // With one row or column its stride says nothing, so it is as if there were no gaps.
  static MatmulStep::Matrix matrix(int64_t rows, int64_t columns, int64_t row, int64_t column, int64_t batch) {
    if (column == 1 || columns == 1) return {false, rows == 1 ? columns : row, batch};
    if (row == 1 || rows == 1) return {true, column, batch};
    return {false, 0, batch};  // fits() refuses it
  }

  static bool fits(const MatmulStep& step) {
    const auto apart = [](const MatmulStep::Matrix& matrix, int64_t rows, int64_t columns) {
      return matrix.stride >= (matrix.transposed ? rows : columns);
    };
    const bool parts = step.batch == 1 || step.out.batch > 0;
    return parts && apart(step.a, step.rows, step.depth) && apart(step.b, step.depth, step.columns) &&
           apart(step.residual, step.rows, step.columns) && apart(step.out, step.rows, step.columns) && step.rows > 0 &&
           step.columns > 0 && step.depth > 0;
  }

  const Region& region_;
  const SymbolRanges& ranges_;
  std::vector<int64_t> result_;
  bool varies_ = false;
};

}  // namespace

std::optional<MatmulStep> matmul_form(const Region& region, const SymbolRanges& ranges, const Places& places,
                                      const Place& out, int residual, bool tf32) {
  return Form(region, ranges).step(places, out, residual, tf32);
}

}  // namespace tn::cuda
