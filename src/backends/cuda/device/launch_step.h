// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tn::cuda {

/// Kernel of the runtime that calls a function of a compiled image. Inputs of its step: the image (u8[n], constant, on
/// the host), the launch values (host int64: grid x, y, z, then the scalars), then the function's input operands. Its
/// parameters are pointers to inputs, outputs, the workspace if there is one, then the scalars as int64, then, with
/// reads_early, whether that operand is complete (int64).
inline constexpr std::string_view kLaunchKernel = "cuda.launch";
inline constexpr size_t kImageOperand = 0, kValuesOperand = 1, kFirstOperand = 2;

struct LaunchStep {
  std::string entry;
  int64_t block_x = 1, block_y = 1, block_z = 1;
  int64_t shared_bytes = 0, cluster = 1;
  bool overlaps = false;
  int64_t reads_early = -1;  ///< number of an input operand, see Recording
  template <typename V>
  void fields(V& v) {
    v("entry", entry);
    v("block_x", block_x);
    v("block_y", block_y);
    v("block_z", block_z);
    v("shared_bytes", shared_bytes);
    v("cluster", cluster);
    v("overlaps", overlaps);
    v("reads_early", reads_early);
  }
};

}  // namespace tn::cuda
