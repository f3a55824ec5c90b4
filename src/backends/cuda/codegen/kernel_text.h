// SPDX-License-Identifier: Apache-2.0
// A kernel of the CUDA backend while an engine is built: CUDA C++ text, made for one region, and how it is launched.
#pragma once

#include <array>
#include <string>

#include "base/data_type.h"
#include "ir/dim.h"

namespace tn::cuda {

/// A tensor that a kernel reads or writes: its pointer is that of the element with all indices zero.
struct Operand {
  DataType type = DataType::F32;
  Dims dims, strides;     ///< in elements
  int64_t alignment = 1;  ///< a power of two, in elements, that its address is a multiple of; at most kAlignment bytes

  static constexpr int64_t kAlignment = 16;
};

/// Parameters of the entry are, in this order: a pointer for each input operand, one for each output, one to the
/// workspace (if workspace > 0), then a `long long` for each scalar, then, with reads_early, `long long complete`.
struct KernelText {
  std::string entry;   ///< name of the function: says what it is to whoever reads a profile
  std::string source;  ///< a whole translation unit; #includes nothing
  std::array<uint32_t, 3> block{1, 1, 1};
  Dims grid{1, 1, 1};
  Dims scalars;  ///< see Scalars
  uint32_t shared_bytes = 0;
  uint32_t cluster = 1;
  uint64_t workspace = 0;  ///< bytes at the largest shapes
  bool overlaps = false;   ///< all its threads execute griddepcontrol.wait before they touch what earlier kernels
                           ///< read or wrote
  /// Number of an input operand that is read, and the next kernel let start, before the wait where `complete` is not 0.
  /// Nothing else that other kernels write is read before the wait, and nothing written.
  int reads_early = -1;
};

/// Gives extents a text: a constant is a literal, all else becomes a scalar parameter, equal ones the same.
class Scalars {
 public:
  /// "56", or the parameter's name "s0".
  std::string operator()(const Dim& dim);
  /// "long long s0, long long s1" with a leading ", " where there are any and `comma`.
  std::string parameters(bool comma = true) const;
  const Dims& values() const { return values_; }

 private:
  Dims values_;
};

}  // namespace tn::cuda
