// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/depthwise/geometry.h"

#include <limits>

namespace tn {

bool is_depthwise(const ConvParams& p) {
  return p.groups == p.in_channels && p.groups == p.out_channels && p.kernel[0] == 1 && p.stride[0] == 1 &&
         p.pad_before[0] == 0 && p.pad_after[0] == 0;
}

DepthwiseWindow depthwise_window(const ConvParams& p) {
  const int64_t width = p.kernel[2], stride = p.stride[2];
  if (p.dilation[2] != 1 || (width != 3 && width != 5) || (stride != 1 && stride != 2)) return DepthwiseWindow::Any;
  if (width == 3) return stride == 1 ? DepthwiseWindow::Width3Stride1 : DepthwiseWindow::Width3Stride2;
  return stride == 1 ? DepthwiseWindow::Width5Stride1 : DepthwiseWindow::Width5Stride2;
}

TapRange taps_in_image(const ConvParams& p, int64_t y, int64_t height) {
  const int64_t top = y * p.stride[1] - p.pad_before[1], dilation = p.dilation[1];
  const int64_t first = top < 0 ? std::min(p.kernel[1], (-top + dilation - 1) / dilation) : 0;
  const int64_t last = top >= height ? first : std::clamp((height - top + dilation - 1) / dilation, first, p.kernel[1]);
  return {first, last};
}

// Rows are split first; channels as well where rows are few.
DepthwiseGrid split_depthwise(int64_t rows, int64_t vectors, int64_t threads) {
  int64_t by_vectors = 1, best = std::numeric_limits<int64_t>::max();
  for (int64_t p = 1; p <= std::min(threads, vectors); ++p) {
    const int64_t q = std::min(threads / p, rows), cost = (vectors + p - 1) / p * ((rows + q - 1) / q);
    if (cost < best) best = cost, by_vectors = p;
  }
  return {by_vectors, std::min(threads / by_vectors, rows)};
}

}  // namespace tn
