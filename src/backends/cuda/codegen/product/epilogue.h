// SPDX-License-Identifier: Apache-2.0
// What becomes of the sums of a product before they are stored, as kernel text.
#pragma once

#include <string>
#include <vector>

#include "backends/cuda/codegen/index_text.h"
#include "backends/cuda/codegen/product/requantize.h"
#include "program/scalar_program.h"

namespace tn::cuda {

/// A tensor that is read or written once for each result. Strides are along the result's axes: those of the batch, of
/// the rows, and the column, the last; 0 where it repeats.
struct ResultOperand {
  DataType type = DataType::F32;
  Dims strides;
  int64_t alignment = 1;  ///< elements, a power of two: of its first element
  bool constant = false;
};

/// Input 0 of the program is the sum, or what requantization makes of it, input k is inputs[k - 1]; its results are the
/// outputs.
struct Epilogue {
  ScalarProgram program;
  std::optional<Requantization> requantization;
  std::vector<ResultOperand> inputs, outputs;
  bool keeps_result = false;  ///< finish() leaves the first output, as computed, in place of the sums

  bool has_table() const { return requantization && requantization->bytes && requantization->bytes->has_table; }
};

/// Axes of a product's result.
struct ResultAxes {
  Dims batch, rows;
  Dim columns;        ///< of all groups
  Dim group_columns;  ///< of one: its first column is where a run begins
};

/// The program that stores the sums as they are.
ScalarProgram store_sums(ScalarType sums);

/// Names of the parameters in a text: "in0" … are operands of the product, then come those of the epilogue.
std::string input_name(size_t index);
std::string output_name(size_t index);

/// Defines, for runs of `width` columns of one row (fewer at the right border: `present`):
///   struct Fixed, load_fixed(Fixed&, column, present, PARAMETERS)                   what is the same for all rows
///   struct Extra, load_extra(Extra&, batch, row, column, present, PARAMETERS)       the other inputs
///   prefetch_extra(batch, row, column, present, PARAMETERS)                         brings these closer
///   finish(sums, fixed, extra, batch, row, column, present, PARAMETERS)             computes and stores
/// `first` is the number of the first input's parameter. Wants index_t and PARAMETERS to be defined.
std::string epilogue_text(const Epilogue& epilogue, const ResultAxes& axes, const SymbolRanges& ranges, size_t first,
                          int width, IndexText& index);

/// Whether an offset of any operand exceeds 31 bits.
bool is_wide(const Epilogue& epilogue, const ResultAxes& axes, const SymbolRanges& ranges);

}  // namespace tn::cuda
