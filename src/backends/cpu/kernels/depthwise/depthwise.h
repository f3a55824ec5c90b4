// SPDX-License-Identifier: Apache-2.0
// Depthwise 1-D and 2-D convolution (one filter per channel) of channels-last images.
#pragma once

#include <span>

#include "backends/cpu/kernels/conv/conv.h"
#include "backends/cpu/kernels/depthwise/row.h"

namespace tn {

/// groups, in_channels and out_channels are equal, and depth is 1. `type` is F32, F16 or BF16 on every set; sums are
/// f32.
class Depthwise {
 public:
  static bool supports(const ConvParams& params);
  static size_t packed_bytes(const ConvParams& params);
  /// `weights` is dense f32 [channels, 1, kernel...]. Throws Error.
  static void pack(const ConvParams& params, const TensorView& weights, std::span<std::byte> out);

  /// `config` of the params does not matter. Throws Error.
  Depthwise(const ConvParams& params, const ConvShape& max);
  size_t workspace_bytes(int threads) const;
  Status bind(const ConvShape& shape) noexcept;
  void run(Lane& lane, const void* input, const void* packed, const Epilogue& epilogue, void* output,
           void* workspace) const noexcept;

 private:
  struct Task;
  struct Strip;
  /// A thread's memory for `columns` of the input and `pixels` of the output.
  struct Scratch {
    int64_t row_bytes, ring_bytes, pointer_bytes, sums_bytes;
    int64_t bytes() const { return ring_bytes + pointer_bytes + sums_bytes; }
  };
  Scratch scratch() const;
  int64_t group_vectors() const;
  void strip(const Task& task, const Strip& strip, char* memory) const noexcept;
  void finish(const Task& task, const Strip& strip, int64_t y, const float* sums) const noexcept;

  ConvParams params_;
  const DepthwiseKernels* kernels_;
  DepthwiseFunction sums_, direct_;
  ConvShape shape_;
  Extent out_;
  int64_t max_width_ = 0;  ///< of the output
  int64_t ring_rows_ = 0, strip_pixels_ = 0;
};

}  // namespace tn
