// SPDX-License-Identifier: Apache-2.0
// The transforms of Winograd convolution F(m x m, 3 x 3) (Lavin and Gray, 2015): patches of (m + 2)^2 pixels to as many
// values per channel, and back to m x m outputs.
#pragma once

#include <array>

#include "backends/cpu/kernels/product/tile.h"

namespace tn {

/// One patch, all channels. Element (i, j) of the patch at input + i * row_step + j * pixel_step is in the image for
/// i in [y_begin, y_end) and j in [x_begin, x_end), and zero elsewhere.
struct WinogradInput {
  const char* input = nullptr;
  int64_t row_step = 0, pixel_step = 0;  ///< bytes
  int64_t y_begin = 0, y_end = 0, x_begin = 0, x_end = 0;
  int64_t channels = 0;
  char* out = nullptr;  ///< value p of channel c: element p * plane + c, of the input's type; padded to whole vectors
  int64_t plane = 0;
};

/// The outputs of one patch. With `residual` null and infinite clip the bare values are written.
struct WinogradOutput {
  const float* sums = nullptr;  ///< value p of channel c: p * plane + c
  int64_t plane = 0;
  int64_t rows = 0, columns = 0;  ///< how many of the m x m outputs lie in the image
  int64_t channels = 0;
  const float* bias = nullptr;  ///< or null
  const float* residual = nullptr;
  int64_t residual_row = 0, residual_pixel = 0;  ///< floats
  bool residual_last = false;
  float low = 0, high = 0;
  float* out = nullptr;
  int64_t out_row = 0, out_pixel = 0;  ///< floats
};

struct WinogradTransforms {
  void (*input_f32)(const WinogradInput&);
  void (*input_f16)(const WinogradInput&);
  void (*output)(const WinogradOutput&);
};

struct WinogradKernels {
  WinogradTransforms f2, f4;
  FinishFunction finish;
};

const WinogradKernels& winograd_kernels(Isa isa);

extern const WinogradKernels kWinogradGeneric, kWinogradAvx2, kWinogradAvx512;

}  // namespace tn
