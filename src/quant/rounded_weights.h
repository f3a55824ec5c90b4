// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/shape.h"

namespace tn::quant {

/// Constant weights in f32 as the nearest integers within ±127, with a scale for each channel: each index along an
/// axis.
class RoundedWeights {
 public:
  RoundedWeights(std::span<const float> weights, const Shape& dims, int axis);

  const std::vector<float>& scales() const { return scales_; }  ///< by channel
  const std::vector<int8_t>& integers() const { return integers_; }
  /// What the integers stand for.
  std::vector<float> numbers() const;

 private:
  size_t channel_of(size_t element) const { return element / inner_ % scales_.size(); }

  size_t inner_ = 1;  ///< elements of one index along the axis
  std::vector<float> scales_;
  std::vector<int8_t> integers_;
};

}  // namespace tn::quant
