// SPDX-License-Identifier: Apache-2.0
// Which elements a kernel visits, and where they lie.
#pragma once

#include <string>
#include <vector>

#include "backends/cuda/codegen/kernel_text.h"

namespace tn::cuda {

/// Positions of the elements of several operands over common axes, the outermost first.
struct IterationSpace {
  Dims dims;
  std::vector<Dims> strides;  ///< for each operand its stride along each axis, in elements; 0 where it repeats

  Dim elements() const { return product(dims); }
  size_t rank() const { return dims.size(); }
};

/// Strides with which an operand is read under the (broadcast) extents `to`. An extent of which only running tells
/// whether it is 1 makes the stride an expression.
Dims broadcast_strides(const Operand& operand, const Dims& to, const SymbolRanges& ranges);

/// The same positions with as few axes as possible: axes of extent 1 go, the others are ordered by the strides of
/// operand `leader` (falling), and neighbours join where every operand allows it. At least one axis stays.
IterationSpace flatten(const IterationSpace& space, const SymbolRanges& ranges, size_t leader = 0);

/// Whether some offset, or the number of elements, exceeds 31 bits.
bool is_wide(const IterationSpace& space, const SymbolRanges& ranges);

/// The largest number (a power of two, at most `limit`) that divides an extent whatever the symbols are.
int64_t known_divisor(const Dim& dim, int64_t limit);

/// Index computations of one kernel in `index_t`, which is unsigned (sums may wrap on the way): 32 bits or 64.
class IndexText {
 public:
  IndexText(Scalars& scalars, bool wide) : scalars_(scalars), wide_(wide) {}
  /// "typedef unsigned index_t;"
  std::string declaration() const;
  /// "56u" or "(index_t)s0".
  std::string operator()(const Dim& dim);
  /// Statements that declare <prefix>0, <prefix>1 … of type index_t: the coordinates of the element number `linear` (an
  /// expression) in row-major order of `dims`.
  std::string coordinates(const std::string& linear, const Dims& dims, const std::string& prefix);
  std::string coordinates(const std::string& linear, const Dims& dims, const std::vector<std::string>& names);
  /// Expression: sum of coordinates (expressions, one per axis) times strides.
  std::string offset(const std::vector<std::string>& coordinates, const Dims& strides);

 private:
  Scalars& scalars_;
  bool wide_;
};

/// "<prefix>0", "<prefix>1" …
std::vector<std::string> coordinate_names(size_t rank, const std::string& prefix);

}  // namespace tn::cuda
