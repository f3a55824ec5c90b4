// SPDX-License-Identifier: Apache-2.0
// Kernels that see a tensor as rows: reductions and normalizations over some of its axes.
#pragma once

#include <string>
#include <vector>

#include "backends/cuda/codegen/index_text.h"
#include "program/scalar_program.h"

namespace tn::cuda {

enum class RowOperation : uint8_t {
  Sum,
  Mean,
  Max,
  Min,
  Prod,  ///< one element per row
  ArgMax,
  ArgMin,  ///< index of the first extreme, or of the last
  Softmax,
  LogSoftmax,
  Hardmax,  ///< a row like x
  LayerNorm,
  RmsNorm,  ///< without scale and bias: the expressions have them
};
/// Whether it gives one element per row.
bool reduces(RowOperation operation);

/// A computation over rows. Operands are, in this order: x, what the expressions read, the outputs. All have strides
/// along the axes of the rows and along those within a row (0 where they repeat, as the outputs of a reduction do).
struct RowForm {
  RowOperation operation = RowOperation::Sum;
  IterationSpace rows, columns;
  std::vector<DataType> types;
  std::vector<int64_t> aligned;  ///< of each operand: its first element is at a multiple of so many elements
  std::vector<bool> constant;    ///< of each operand: no kernel writes it
  size_t outputs = 1;
  /// Makes the outputs of the result (Input 0) and of what is read (Input k).
  ScalarProgram expressions;
  double epsilon = 0;
  bool last = false;  ///< of several equal extremes
  Dim count;          ///< what a mean divides by: the columns, also of those that were summed up before
};

/// How rows are given to threads.
struct RowPlan {
  bool across = false;  ///< neighbouring threads take neighbouring rows, not columns
  int team = 32;        ///< threads of a row
  int rows = 4;         ///< rows of a block
  int vector = 1;       ///< columns of an access
  int steps = 0;        ///< accesses of a thread, which then keeps its columns in registers; 0: reads them again
  int splits = 1;       ///< each row is reduced in so many parts, the axis behind the rows of the output
};

/// Merges axes where all operands allow it.
RowForm flattened(RowForm form, const SymbolRanges& ranges);
/// Columns (a power of two up to `limit`) that an operand with adjacent columns gives in one aligned access.
int64_t vector_width(const RowForm& form, size_t operand, int64_t limit);
/// A plan for a flattened form. Reads columns once where they are few and their number is known. `team` threads take a
/// row where that is given and lets them keep their columns.
RowPlan plan_rows(const RowForm& form, const SymbolRanges& ranges, int team = 0);
/// Teams that are worth timing for rows of so many adjacent elements, which they keep; the best guess first.
std::vector<int> row_teams(int64_t rows, int64_t columns, DataType type);
/// Parts into which the rows of a reduction are worth being split, so that all processors have work; 1 for others.
int row_splits(const RowForm& form, const SymbolRanges& ranges);

KernelText row_text(const RowForm& form, const RowPlan& plan, const SymbolRanges& ranges);

}  // namespace tn::cuda
