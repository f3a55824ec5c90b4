// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "ir/dim.h"
#include "program/shape_program.h"

namespace tn {

/// Collects the expressions that a plan's tensors need into one shape program. Results begin with the symbols
/// themselves, in the order given.
class ExtentTable {
 public:
  explicit ExtentTable(const std::vector<std::string>& symbols);
  /// Index of the result that holds the value. Equal expressions share one.
  uint32_t index(const Dim& dim);
  std::vector<uint32_t> indices(const Dims& dims);
  /// Index of the first of consecutive results that hold the values.
  uint32_t block(const Dims& values);

  const ShapeProgram& program() const { return program_; }
  /// Bounds of every result over ranges of the symbols.
  std::vector<DimRange> ranges(const SymbolRanges& symbols) const;

 private:
  uint32_t emit(ShapeFunction function, uint32_t a = 0, uint32_t b = 0, int64_t value = 0);
  uint32_t compute(const Dim& dim);
  uint32_t compute_atom(const Dim::Atom& atom);

  ShapeProgram program_;
  std::vector<Dim> result_dims_;
  std::map<std::string, uint32_t> values_;   ///< canonical text → instruction
  std::map<std::string, uint32_t> results_;  ///< canonical text → result
  std::map<std::string, uint32_t> symbols_;
};

}  // namespace tn
