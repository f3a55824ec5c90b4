// SPDX-License-Identifier: Apache-2.0
// Depthwise 1-D and 2-D convolution of channels-last bytes by VNNI.
#pragma once

#include <span>

#include "backends/cpu/kernels/conv/conv.h"
#include "backends/cpu/kernels/depthwise/int8_row.h"

namespace tn {

/// groups, in_channels and out_channels are equal, depth is 1, `type` is U8 or I8, `isa` one of the sets with VNNI or
/// the plain one, and the window at most four rows high.
class Int8Depthwise {
 public:
  static bool supports(const ConvParams& params);
  static size_t packed_bytes(const ConvParams& params);
  /// `weights` is dense I8 [channels, 1, kernel...]. Throws Error.
  static void pack(const ConvParams& params, const TensorView& weights, std::span<std::byte> out);

  /// `config` of the params does not matter. Throws Error.
  explicit Int8Depthwise(const ConvParams& params);
  Status bind(const ConvShape& shape) noexcept;
  /// The epilogue has a requantization.
  void run(Lane& lane, const void* input, const void* packed, const Epilogue& epilogue, void* output) const noexcept;

 private:
  struct Task;
  /// One row of one image's output, for one block of channels.
  struct Row {
    int64_t image, y, block;
  };
  void rows(const Task& task, int64_t block, int64_t begin, int64_t end) const noexcept;
  Int8DepthwiseTerms terms_of(const Requantization& requantization, int64_t block) const noexcept;
  void row(const Task& task, const Row& at, const Int8DepthwiseTerms* terms) const noexcept;
  void finish(const Task& task, const Row& at, int64_t x, int64_t pixels, int32_t* sums) const noexcept;

  ConvParams params_;
  const Int8DepthwiseKernels* kernels_;
  Int8DepthwiseFunction row_;
  ConvShape shape_;
  Extent out_{};
};

}  // namespace tn
