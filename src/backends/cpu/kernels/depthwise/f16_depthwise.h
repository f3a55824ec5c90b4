// SPDX-License-Identifier: Apache-2.0
// Depthwise 1-D and 2-D convolution of channels-last fp16 images in fp16 arithmetic.
#pragma once

#include <span>

#include "backends/cpu/kernels/conv/conv.h"
#include "backends/cpu/kernels/depthwise/f16_row.h"

namespace tn {

/// groups, in_channels and out_channels are equal, depth is 1, input and output are F16. A window has at most 64 taps:
/// as many products as fp16 sums of the other products have.
class F16Depthwise {
 public:
  static bool supports(const ConvParams& params);
  static size_t packed_bytes(const ConvParams& params, const F16DepthwiseKernels& kernels);
  /// `weights` is dense f32 [channels, 1, kernel...]. Throws Error.
  static void pack(const ConvParams& params, const F16DepthwiseKernels& kernels, const TensorView& weights,
                   std::span<std::byte> out);

  /// `config` of the params does not matter. Throws Error.
  F16Depthwise(const ConvParams& params, const F16DepthwiseKernels& kernels, const ConvShape& max);
  size_t workspace_bytes(int threads) const;
  Status bind(const ConvShape& shape) noexcept;
  void run(Lane& lane, const void* input, const void* packed, const Epilogue& epilogue, void* output,
           void* workspace) const noexcept;

 private:
  struct Task;
  /// One row of one image's output, for one vector of channels.
  struct Row {
    int64_t image, y, block;
  };
  void row(const Task& task, const Row& at, Half* scratch) const noexcept;
  void finish(const Task& task, const Row& at, const Half* sums, Half* out) const noexcept;

  ConvParams params_;
  const F16DepthwiseKernels* kernels_;
  F16RowFunction row_;
  int64_t blocks_;
  ConvShape shape_;
  Extent out_;
  int64_t max_width_;  ///< of the output
};

}  // namespace tn
