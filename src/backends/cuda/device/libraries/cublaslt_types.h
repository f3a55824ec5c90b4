// SPDX-License-Identifier: Apache-2.0
// What we use of cuBLASLt's interface, declared as its documentation gives it (cuBLASLt 12 and 13).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace tn::cuda::cublaslt {

using Result = int;
using Handle = struct HandleTag*;
using Matmul = struct MatmulTag*;
using Layout = struct LayoutTag*;
using Preference = struct PreferenceTag*;
using Algorithm = std::array<uint64_t, 8>;

inline constexpr Result kSuccess = 0;

enum class Type : int { F32 = 0, F16 = 2, BF16 = 14 };
enum class Compute : int { F32 = 68, Tf32 = 77 };
enum class Operation : int { None = 0, Transpose = 1 };

enum class MatmulAttribute : int { TransposeA = 3, TransposeB = 4, Epilogue = 7, BiasPointer = 8 };
/// Or-ed together; Default alone if there is none.
enum class Epilogue : unsigned { Default = 1, Relu = 2, Bias = 4, GeluTanh = 32 };
enum class LayoutAttribute : int { BatchCount = 5, BatchStride = 6 };
enum class PreferenceAttribute : int {
  WorkspaceBytes = 1,
  AlignmentA = 5,
  AlignmentB = 6,
  AlignmentC = 7,
  AlignmentD = 8,
};

struct Heuristic {
  Algorithm algorithm;
  size_t workspace_bytes;
  Result state;
  float waves;
  std::array<int, 4> reserved;
};
static_assert(sizeof(Heuristic) == 96);

}  // namespace tn::cuda::cublaslt
