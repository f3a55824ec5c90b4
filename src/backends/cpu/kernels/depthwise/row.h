// SPDX-License-Identifier: Apache-2.0
// The inner kernels of depthwise convolution: one output row of one vector of channels.
#pragma once

#include <array>

#include "backends/cpu/kernels/product/tile.h"

namespace tn {

struct DepthwiseArgs {
  const char* input = nullptr;           ///< first row under the window that lies in the image, pixel 0, first channel
  int64_t row_step = 0, pixel_step = 0;  ///< bytes; row_step goes from tap to tap (dilated)
  int64_t rows = 0;                      ///< taps in height that lie in the image
  int64_t kernel = 0, stride = 1, dilation = 1, pad = 0;  ///< in width
  int64_t in_width = 0, out_width = 0;
  int64_t channels = 0;            ///< at most the lanes
  const float* weights = nullptr;  ///< [row][kernel][lanes], from the first row in the image on
  const float* bias = nullptr;     ///< or null
  float low = 0, high = 0;
  float* out = nullptr;
  int64_t out_stride = 0;  ///< floats from pixel to pixel
};
using DepthwiseFunction = void (*)(const DepthwiseArgs&);

/// Windows that have kernels of their own; Any takes every width, stride and dilation.
enum class DepthwiseWindow : uint8_t { Width3Stride1, Width3Stride2, Width5Stride1, Width5Stride2, Any };

struct DepthwiseKernels {
  int lanes;
  std::array<std::array<DepthwiseFunction, 5>, 3> rows;  ///< [F32, F16, BF16][DepthwiseWindow]
  FinishFunction finish;
};

const DepthwiseKernels& depthwise_kernels(Isa isa);

extern const DepthwiseKernels kDepthwiseGeneric, kDepthwiseAvx2, kDepthwiseAvx512;

}  // namespace tn
