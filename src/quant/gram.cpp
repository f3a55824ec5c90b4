// SPDX-License-Identifier: Apache-2.0
#include "quant/gram.h"

#include <algorithm>
#include <cmath>

namespace tn::quant {
namespace {

constexpr float kMost = 127;

// One row. The squared error of the products is dᵀ·G·d with the difference d; moving element k by a step changes it by
// 2·step·(G·d)[k] + step²·G[k,k].
class Row {
 public:
  /// `gram`: all of the matrix.
  Row(std::span<const float> gram, std::span<const float> weights, float scale)
      : gram_(gram), weights_(weights), scale_(scale), integers_(weights.size()), slope_(weights.size()) {
    for (size_t k = 0; k < weights.size(); ++k) {
      integers_[k] = std::rint(std::clamp(weights[k] / scale, -kMost, kMost));
      add_to_slope(k, integers_[k] * scale - weights[k]);
    }
  }

  void improve() {
    constexpr int kSweeps = 20;
    bool moved = true;
    for (int sweep = 0; sweep < kSweeps && moved; ++sweep) {
      moved = false;
      for (size_t k = 0; k < weights_.size(); ++k) moved |= move(k);
    }
  }

  void store(std::span<float> to) const {
    for (size_t k = 0; k < weights_.size(); ++k) to[k] = integers_[k] * scale_;
  }

 private:
  bool move(size_t k) {
    const float exact = weights_[k] / scale_, other = integers_[k] > exact ? integers_[k] - 1 : integers_[k] + 1;
    const float step = (other - integers_[k]) * scale_;
    if (integers_[k] == exact || std::fabs(other) > kMost) return false;
    if (2 * step * slope_[k] + step * step * gram_[k * weights_.size() + k] >= 0) return false;
    integers_[k] = other;
    add_to_slope(k, step);
    return true;
  }
  void add_to_slope(size_t k, float difference) {
    if (difference == 0) return;
    const float* column = gram_.data() + k * slope_.size();
    for (size_t i = 0; i < slope_.size(); ++i) slope_[i] += difference * column[i];
  }

  std::span<const float> gram_;
  std::span<const float> weights_;
  const float scale_;
  std::vector<float> integers_, slope_;
};

}  // namespace

void Gram::add(std::span<const float> vectors) {
  constexpr size_t kTogether = 8;
  const std::vector<float> zeros(width_);
  const size_t count = vectors.size() / width_;
  for (size_t first = 0; first < count; first += kTogether) {
    const float* x[kTogether];
    for (size_t p = 0; p < kTogether; ++p)
      x[p] = first + p < count ? vectors.data() + (first + p) * width_ : zeros.data();
    for (size_t i = 0; i < width_; ++i) {
      float factor[kTogether];
      bool any = false;
      for (size_t p = 0; p < kTogether; ++p) any |= (factor[p] = x[p][i]) != 0;
      if (!any) continue;
      float* row = sums_.data() + i * width_;
      for (size_t k = i; k < width_; ++k) {
        float sum = row[k];
        for (size_t p = 0; p < kTogether; ++p) sum += factor[p] * x[p][k];
        row[k] = sum;
      }
    }
  }
}

std::vector<float> round_by(const Gram& gram, std::span<const float> weights, std::span<const float> scales) {
  std::vector<float> rounded(weights.size());
  const size_t width = gram.width();
  std::vector<float> all(width * width);
  for (size_t i = 0; i < width; ++i) {
    for (size_t k = 0; k < width; ++k) all[i * width + k] = gram.at(i, k);
  }
  for (size_t r = 0; r < scales.size(); ++r) {
    Row row(all, weights.subspan(r * width, width), scales[r]);
    row.improve();
    row.store(std::span(rounded).subspan(r * width, width));
  }
  return rounded;
}

}  // namespace tn::quant
