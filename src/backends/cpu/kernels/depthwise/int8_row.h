// SPDX-License-Identifier: Apache-2.0
// The inner kernels of depthwise convolution of bytes by VNNI: one output row of one block of channels.
#pragma once

#include "backends/cpu/kernels/product/tile.h"

namespace tn {

inline constexpr int kInt8DepthwiseRows = 4;  ///< the most taps in height

inline constexpr int64_t kMostInt8Block = 64;  ///< channels

/// Requantization of a block of channels, in the order of the sums in registers.
struct Int8DepthwiseTerms {
  alignas(64) int32_t correction[kMostInt8Block] = {};
  alignas(64) float scale[kMostInt8Block] = {};
  alignas(64) float offset[kMostInt8Block] = {};
  int32_t zero_point = 0, low = 0, high = 255;
};

struct Int8DepthwiseArgs {
  const char* rows[kInt8DepthwiseRows] = {};     ///< column 0 of the row under each tap in height
  int64_t steps[kInt8DepthwiseRows] = {};        ///< bytes from column to column; 0 for a row of zero points
  int64_t left = 0, width = 0;                   ///< column of the first pixel's first tap, and columns of the image
  int64_t kernel = 0, stride = 1, dilation = 1;  ///< in width
  int64_t pixels = 0, channels = 0;              ///< to compute; at most a block of channels
  uint8_t zero_point = 0;                        ///< what lies beside the image
  const char* weights = nullptr;                 ///< [kernel][4 vectors][lanes][4 rows]
  int32_t* sums = nullptr;                       ///< [pixel][block]; or, with terms:
  const Int8DepthwiseTerms* terms = nullptr;     ///< bytes are written
  char* out = nullptr;
  int64_t out_stride = 0;  ///< from pixel to pixel
};
using Int8DepthwiseFunction = void (*)(const Int8DepthwiseArgs&);

struct Int8DepthwiseKernels {
  int block;  ///< channels
  int signed_offset;
  /// For U8 and I8: width 3 and dilation 1 with stride 1 and 2, and every window.
  Int8DepthwiseFunction rows[2][3];
  FinishFunction finish;
  const RequantizeKernels* requantize;
};

/// Null where the set has no VNNI; the plain one plays its instruction.
const Int8DepthwiseKernels* int8_depthwise_kernels(Isa isa);

extern const Int8DepthwiseKernels kInt8DepthwiseGeneric, kInt8DepthwiseAvxVnni, kInt8DepthwiseAvx512Vnni;

}  // namespace tn
