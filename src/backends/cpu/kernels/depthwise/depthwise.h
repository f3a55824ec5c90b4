// SPDX-License-Identifier: Apache-2.0
// Depthwise 1-D and 2-D convolution (one filter per channel) of channels-last images.
#pragma once

#include <span>

#include "backends/cpu/kernels/conv/conv.h"
#include "backends/cpu/kernels/depthwise/row.h"

namespace tn {

/// groups, in_channels and out_channels are equal, and depth is 1. `type` is F32, F16, BF16, U8 or I8 on every set
/// for floats; sums are f32, those of bytes exact.
class Depthwise {
 public:
  static bool supports(const ConvParams& params);
  static size_t packed_bytes(const ConvParams& params);
  /// `weights` is dense f32 [channels, 1, kernel...], of integers for bytes. Throws Error.
  static void pack(const ConvParams& params, const TensorView& weights, std::span<std::byte> out);

  /// `config` of the params does not matter. Throws Error.
  explicit Depthwise(const ConvParams& params);
  Status bind(const ConvShape& shape) noexcept;
  void run(Lane& lane, const void* input, const void* packed, const Epilogue& epilogue, void* output) const noexcept;

 private:
  struct Task;
  /// Channels of one row of one image's output.
  struct Row {
    int64_t image, y, channel, channels;
  };
  int64_t group_vectors() const;
  void row(const Task& task, const Row& at) const noexcept;
  void finish(const Task& task, const Row& at, int64_t x, int64_t pixels, float* sums) const noexcept;

  ConvParams params_;
  const DepthwiseKernels* kernels_;
  DepthwiseFunction sums_, direct_;
  int64_t vectors_;  ///< of channels
  ConvShape shape_;
  Extent out_{};
};

}  // namespace tn
