// SPDX-License-Identifier: Apache-2.0
// The inner kernels of depthwise convolution: one output row of one vector of channels.
#pragma once

#include <array>

#include "backends/cpu/kernels/product/tile.h"

namespace tn {

struct DepthwiseArgs {
  const char* const* rows =
      nullptr;             ///< for each tap in height the row under it: column 0 is the first pixel's first tap
  int64_t taps = 0;        ///< in height, those that lie in the image
  int64_t pixel_step = 0;  ///< bytes from column to column
  int64_t kernel = 0, stride = 1, dilation = 1;  ///< in width
  int64_t pixels = 0;                            ///< to compute
  int64_t channels = 0;                          ///< to write, at most the lanes; rows hold whole vectors
  const float* weights = nullptr;                ///< [row][kernel][lanes], from the first row in the image on
  const float* bias = nullptr;                   ///< or null
  float low = 0, high = 0;
  void* out = nullptr;     ///< in the kernel's output type
  int64_t out_stride = 0;  ///< elements from pixel to pixel
};
using DepthwiseFunction = void (*)(const DepthwiseArgs&);

/// Copies `bytes` of each pixel, `in_step` and `out_step` bytes apart.
struct DepthwiseCopy {
  const char* in = nullptr;
  char* out = nullptr;
  int64_t in_step = 0, out_step = 0, pixels = 0, bytes = 0;
};
using DepthwiseCopyFunction = void (*)(const DepthwiseCopy&);

/// A row kernel may compute, and so read the columns of, so many pixels more than asked for.
inline constexpr int64_t kDepthwiseSlack = 8;

/// Windows that have kernels of their own; Any takes every width, stride and dilation.
enum class DepthwiseWindow : uint8_t { Width3Stride1, Width3Stride2, Width5Stride1, Width5Stride2, Any };

struct DepthwiseKernels {
  int lanes;
  using Rows = std::array<std::array<DepthwiseFunction, 5>, 3>;  ///< [F32, F16, BF16][DepthwiseWindow]
  Rows sums;                                                     ///< write f32
  Rows direct;                                                   ///< write the type that they read
  DepthwiseCopyFunction copy;
  FinishFunction finish;
};

const DepthwiseKernels& depthwise_kernels(Isa isa);

extern const DepthwiseKernels kDepthwiseGeneric, kDepthwiseAvx2, kDepthwiseAvx512;

}  // namespace tn
