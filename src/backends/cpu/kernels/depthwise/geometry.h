// SPDX-License-Identifier: Apache-2.0
// What depthwise kernels of all arithmetics share: which window, which taps, whose rows, where weights lie.
#pragma once

#include <algorithm>
#include <span>

#include "backends/cpu/kernels/conv/conv.h"
#include "backends/cpu/kernels/depthwise/row.h"

namespace tn {

/// One filter per channel, in an image that is 1 deep.
bool is_depthwise(const ConvParams& params);

DepthwiseWindow depthwise_window(const ConvParams& params);

/// Taps in height [first, last) of output row `y` that lie in an image of `height` rows.
struct TapRange {
  int64_t first, last;
};
TapRange taps_in_image(const ConvParams& params, int64_t y, int64_t height);

/// Thread t takes part t % by_vectors of the vectors of channels and part t / by_vectors of the rows, if that is below
/// by_rows.
struct DepthwiseGrid {
  int64_t by_vectors, by_rows;
};
DepthwiseGrid split_depthwise(int64_t rows, int64_t vectors, int64_t threads);

/// Writes [block of lanes][tap][lane]; unused lanes are zero. `weights` is dense f32 [channels, 1, kernel...], `out`
/// has room for them. Throws Error.
template <typename T>
void pack_depthwise(const ConvParams& p, int64_t lanes, const TensorView& weights, std::span<std::byte> out) {
  const int64_t taps = p.kernel[1] * p.kernel[2], blocks = (p.in_channels + lanes - 1) / lanes;
  internal_check(weights.type == DataType::F32 && weights.is_dense() && weights.elements() == p.in_channels * taps &&
                     out.size() >= static_cast<size_t>(blocks * lanes * taps) * sizeof(T),
                 "depthwise weights must be dense f32 of [{},{}] elements", p.in_channels, taps);
  auto* to = reinterpret_cast<T*>(out.data());
  for (int64_t block = 0; block < blocks; ++block) {
    for (int64_t tap = 0; tap < taps; ++tap) {
      for (int64_t lane = 0; lane < lanes; ++lane) {
        const int64_t channel = block * lanes + lane;
        *to++ = T(channel < p.in_channels ? weights.as<float>()[channel * taps + tap] : 0.0f);
      }
    }
  }
}

}  // namespace tn
