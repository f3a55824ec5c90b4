// SPDX-License-Identifier: Apache-2.0
#include "quant/rounded_weights.h"

#include <algorithm>
#include <cmath>

#include "quant/plan.h"

namespace tn::quant {

RoundedWeights::RoundedWeights(std::span<const float> weights, const Shape& dims, int axis)
    : scales_(static_cast<size_t>(dims[axis])) {
  for (int i = axis + 1; i < dims.rank(); ++i) inner_ *= static_cast<size_t>(dims[i]);
  for (size_t i = 0; i < weights.size(); ++i) {
    float& most = scales_[channel_of(i)];
    most = std::max(most, std::fabs(weights[i]));
  }
  for (float& scale : scales_) scale = symmetric(scale, Source::Calibrated).scale;
  integers_.reserve(weights.size());
  for (size_t i = 0; i < weights.size(); ++i) {
    const float quotient = weights[i] / scales_[channel_of(i)];
    integers_.push_back(static_cast<int8_t>(std::lrint(std::clamp(quotient, -127.0F, 127.0F))));
  }
}

std::vector<float> RoundedWeights::numbers() const {
  std::vector<float> result;
  result.reserve(integers_.size());
  for (size_t i = 0; i < integers_.size(); ++i) result.push_back(integers_[i] * scales_[channel_of(i)]);
  return result;
}

}  // namespace tn::quant
