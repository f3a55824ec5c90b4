// SPDX-License-Identifier: Apache-2.0
// The inner kernels of depthwise convolution in fp16 arithmetic: one output row of one vector of channels, straight
// from the image.
#pragma once

#include <array>

#include "backends/cpu/kernels/product/f16_finish.h"
#include "backends/cpu/kernels/simd/isa.h"

namespace tn {

struct F16RowArgs {
  const Half* const* rows = nullptr;  ///< for each tap in height that lies in the image: its column 0
  int64_t taps = 0;
  int64_t left = 0, width = 0;                   ///< column of the first pixel's first tap, and columns of the image:
                                                 ///< what lies outside is zero and never read
  int64_t pixel_step = 0;                        ///< halves from column to column
  int64_t kernel = 0, stride = 1, dilation = 1;  ///< in width
  int64_t pixels = 0;                            ///< to compute
  int64_t channels = 0;                          ///< at most the halves of a vector
  const Half* weights = nullptr;                 ///< [row][kernel][halves], from the first row in the image on
  const float* bias = nullptr;                   ///< or null
  float low = 0, high = 0;                       ///< the clip
  Half* out = nullptr;
  int64_t out_stride = 0;  ///< halves from pixel to pixel
};
using F16RowFunction = void (*)(const F16RowArgs&);

struct F16DepthwiseKernels {
  int halves;                          ///< of a vector
  std::array<F16RowFunction, 5> rows;  ///< [DepthwiseWindow]
  F16FinishFunction finish;
};

/// Or null where the set cannot.
const F16DepthwiseKernels* f16_depthwise_kernels(Isa isa);

extern const F16DepthwiseKernels kF16DepthwiseAvx512Fp16;

}  // namespace tn
