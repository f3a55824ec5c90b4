// SPDX-License-Identifier: Apache-2.0
// Rounding of weights by what they are multiplied with.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace tn::quant {

/// Sums of x·xᵀ over vectors x.
class Gram {
 public:
  explicit Gram(size_t width) : width_(width), sums_(width * width) {}
  /// As many vectors as fit, one after another.
  void add(std::span<const float> vectors);
  float at(size_t i, size_t k) const { return i <= k ? sums_[i * width_ + k] : sums_[k * width_ + i]; }
  size_t width() const { return width_; }

 private:
  size_t width_;
  std::vector<float> sums_;  ///< above the diagonal
};

/// Rounds weights (rows as wide as the Gram matrix, a scale for each) to numbers of scale · [−127, 127]: first each to
/// the nearest, then to the neighbour on the other side wherever that brings the products with those vectors closer to
/// what they were. Returns the rounded numbers.
std::vector<float> round_by(const Gram& gram, std::span<const float> weights, std::span<const float> scales);

}  // namespace tn::quant
