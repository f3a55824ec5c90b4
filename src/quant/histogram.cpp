// SPDX-License-Identifier: Apache-2.0
#include "quant/histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "base/error.h"

namespace tn::quant {
namespace {

constexpr int kBinsExponent = 13;
static_assert(Histogram::kBins == 1 << kBinsExponent);
// The inverse of a width must be a normal number.
constexpr int kLeastExponent = -120;

int exponent_for(float magnitude) {
  return std::max(std::ilogb(magnitude) + 1 - kBinsExponent, kLeastExponent);
}

struct Summary {
  float min = std::numeric_limits<float>::max(), max = std::numeric_limits<float>::lowest();
  uint64_t zeros = 0, not_finite = 0;
};

Summary summary_of(std::span<const float> values) {
  Summary summary;
  for (const float value : values) {
    const bool finite = std::fabs(value) <= std::numeric_limits<float>::max();
    summary.not_finite += !finite;
    summary.zeros += value == 0;
    summary.min = finite && value < summary.min ? value : summary.min;
    summary.max = finite && value > summary.max ? value : summary.max;
  }
  return summary;
}

void fold(std::vector<uint64_t>& bins, int by) {
  for (size_t i = 0; i < bins.size(); ++i) {
    const size_t to = by < kBinsExponent ? i >> by : 0;
    const uint64_t moved = std::exchange(bins[i], 0);
    bins[to] += moved;
  }
}

void check_part(std::span<const uint64_t> bins) {
  if (bins.size() > Histogram::kBins)
    throw Error(ErrorCode::InvalidArgument, "a histogram of {} bins; there are {}", bins.size(), Histogram::kBins);
}

}  // namespace

double Histogram::width() const {
  return std::ldexp(1.0, exponent_);
}

float Histogram::largest_magnitude() const {
  return std::max(std::fabs(min_), std::fabs(max_));
}

void Histogram::grow(float magnitude) {
  if (magnitude == 0) return;
  if (positive_.empty()) {
    negative_.assign(kBins, 0);
    positive_.assign(kBins, 0);
    exponent_ = exponent_for(magnitude);
  }
  grow_to(exponent_for(magnitude));
}

void Histogram::grow_to(int exponent) {
  if (exponent <= exponent_) return;
  fold(negative_, exponent - exponent_);
  fold(positive_, exponent - exponent_);
  exponent_ = exponent;
}

void Histogram::add(std::span<const float> values) {
  const Summary seen = summary_of(values);
  not_finite_ += seen.not_finite;
  const uint64_t finite = values.size() - seen.not_finite;
  if (finite == 0) return;
  min_ = count_ == 0 ? seen.min : std::min(min_, seen.min);
  max_ = count_ == 0 ? seen.max : std::max(max_, seen.max);
  count_ += finite;
  zeros_ += seen.zeros;
  grow(std::max(std::fabs(seen.min), std::fabs(seen.max)));
  if (positive_.empty()) return;
  const float inverse = std::ldexp(1.0F, -exponent_);
  uint64_t* const bins[] = {positive_.data(), negative_.data()};
  for (const float value : values) {
    const float magnitude = std::fabs(value);
    if (magnitude <= std::numeric_limits<float>::max()) ++bins[value < 0][static_cast<int>(magnitude * inverse)];
  }
  positive_[0] -= seen.zeros;
}

void Histogram::merge(const Histogram& other) {
  not_finite_ += other.not_finite_;
  if (other.count_ == 0) return;
  min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
  max_ = count_ == 0 ? other.max_ : std::max(max_, other.max_);
  count_ += other.count_;
  zeros_ += other.zeros_;
  if (other.positive_.empty()) return;
  grow(other.largest_magnitude());
  const int by = exponent_ - other.exponent_;
  for (size_t i = 0; i < kBins; ++i) {
    const size_t to = by < kBinsExponent ? i >> by : 0;
    negative_[to] += other.negative_[i];
    positive_[to] += other.positive_[i];
  }
}

std::vector<uint64_t> Histogram::magnitudes() const {
  if (positive_.empty()) return {};
  std::vector<uint64_t> bins(kBins);
  std::ranges::transform(negative_, positive_, bins.begin(), std::plus<>());
  while (!bins.empty() && bins.back() == 0) bins.pop_back();
  return bins;
}

Histogram Histogram::from_parts(const Parts& parts) {
  check_part(parts.negative);
  check_part(parts.positive);
  Histogram histogram;
  histogram.min_ = parts.min;
  histogram.max_ = parts.max;
  const float magnitude = histogram.largest_magnitude();
  if (!(magnitude <= std::numeric_limits<float>::max()) || parts.min > parts.max)
    throw Error(ErrorCode::InvalidArgument, "a histogram of numbers from {} to {}", parts.min, parts.max);
  histogram.zeros_ = parts.zeros;
  histogram.count_ = parts.zeros;
  histogram.grow(magnitude);
  if (histogram.positive_.empty()) return histogram;
  if (parts.exponent != histogram.exponent_)
    throw Error(ErrorCode::InvalidArgument, "a histogram of numbers up to {} has bins of 2^{}, not 2^{}", magnitude,
                histogram.exponent_, parts.exponent);
  std::ranges::copy(parts.negative, histogram.negative_.begin());
  std::ranges::copy(parts.positive, histogram.positive_.begin());
  for (const auto* bins : {&parts.negative, &parts.positive})
    histogram.count_ = std::accumulate(bins->begin(), bins->end(), histogram.count_);
  return histogram;
}

}  // namespace tn::quant
