// SPDX-License-Identifier: Apache-2.0
// The inner kernels of depthwise convolution: one output row of some channels, straight from the image.
#pragma once

#include <array>

#include "backends/cpu/kernels/product/tile.h"

namespace tn {

struct DepthwiseArgs {
  const char* input = nullptr;     ///< column 0 of the row under the first tap in height that lies in the image
  int64_t taps = 0, row_step = 0;  ///< taps in height that lie in the image, and bytes from one's row to the next's
  int64_t left = 0, width = 0;     ///< column of the first pixel's first tap, and columns of the image: what lies
                                   ///< outside is zero and never read
  int64_t pixel_step = 0;          ///< bytes from column to column
  int64_t kernel = 0, stride = 1, dilation = 1;  ///< in width
  int64_t pixels = 0, channels = 0;              ///< to compute
  float zero_point = 0;                          ///< of bytes: taken from each
  const float* weights = nullptr;                ///< [tap in height][kernel][lanes] of the first vector
  int64_t weights_step = 0;                      ///< floats from vector to vector
  const float* bias = nullptr;                   ///< or null
  float low = 0, high = 0;
  void* out = nullptr;     ///< in the kernel's output type
  int64_t out_stride = 0;  ///< elements from pixel to pixel
};
using DepthwiseFunction = void (*)(const DepthwiseArgs&);

/// Windows that have kernels of their own; Any takes every width, stride and dilation.
enum class DepthwiseWindow : uint8_t { Width3Stride1, Width3Stride2, Width5Stride1, Width5Stride2, Any };

struct DepthwiseKernels {
  int lanes;
  using Rows = std::array<DepthwiseFunction, 5>;  ///< by DepthwiseWindow
  std::array<Rows, 5> sums;                       ///< F32, F16, BF16, U8, I8; write f32
  std::array<Rows, 3> direct;                     ///< F32, F16, BF16; write the type that they read
  FinishFunction finish;
  const RequantizeKernels* requantize;
};

const DepthwiseKernels& depthwise_kernels(Isa isa);

extern const DepthwiseKernels kDepthwiseGeneric, kDepthwiseAvx2, kDepthwiseAvx512;

}  // namespace tn
