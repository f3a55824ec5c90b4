// SPDX-License-Identifier: Apache-2.0
#include "quant/calibrator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <random>

#include "base/error.h"

namespace tn::quant {
namespace {

constexpr size_t kSamples = 400'000;

std::vector<float> samples(const std::function<double(std::mt19937_64&)>& draw) {
  std::mt19937_64 random(7);
  std::vector<float> values(kSamples);
  for (float& value : values) value = static_cast<float>(draw(random));
  return values;
}

double normal(std::mt19937_64& random) {
  // Box and Muller, so that every library draws the same.
  const double u = static_cast<double>(random() >> 11) * 0x1p-53, v = static_cast<double>(random() >> 11) * 0x1p-53;
  return std::sqrt(-2 * std::log(1 - u)) * std::cos(2 * M_PI * v);
}

Histogram histogram_of(std::span<const float> values) {
  Histogram histogram;
  histogram.add(values);
  return histogram;
}

// 10·log10 of the power of x over the power of its rounding error.
double sqnr(std::span<const float> values, std::string_view calibrator) {
  const float range = range_of(histogram_of(values), parse_calibrator(calibrator)), scale = range / 127;
  double power = 0, error = 0;
  for (const float x : values) {
    const double rounded = std::clamp(std::nearbyint(x / scale), -128.0F, 127.0F) * scale;
    power += static_cast<double>(x) * x;
    error += (x - rounded) * (x - rounded);
  }
  return 10 * std::log10(power / error);
}

TEST(Histogram, FollowsFromTheNumbersAlone) {
  const auto values = samples([](auto& random) { return std::exp(3 * normal(random)) * (random() % 2 ? 1 : -1); });
  const Histogram all = histogram_of(values);
  Histogram forwards, backwards, merged;
  for (size_t begin = 0; begin < kSamples; begin += 1000) forwards.add(std::span(values).subspan(begin, 1000));
  for (size_t end = kSamples; end > 0; end -= 100) backwards.add(std::span(values).subspan(end - 100, 100));
  for (const size_t part : {size_t{3}, size_t{0}, size_t{2}, size_t{1}})
    merged.merge(histogram_of(std::span(values).subspan(part * kSamples / 4, kSamples / 4)));
  EXPECT_EQ(all, forwards);
  EXPECT_EQ(all, backwards);
  EXPECT_EQ(all, merged);
  EXPECT_EQ(all.count(), kSamples);
  EXPECT_EQ(all.largest_magnitude(), std::max(*std::ranges::max_element(values), -*std::ranges::min_element(values)));
}

TEST(Histogram, EveryNumberLiesInItsBin) {
  const float values[] = {0.0F, -0.0F, 1e-30F, 1.0F, -1.5F, 3.0F, NAN, INFINITY, 4.0F, -4095.5F * 0x1p-10F};
  const Histogram histogram = histogram_of(values);
  EXPECT_EQ(histogram.exponent(), -10);  // 4 = 4096 widths
  EXPECT_EQ(histogram.zeros(), 2U);
  EXPECT_EQ(histogram.not_finite(), 2U);
  EXPECT_EQ(histogram.count(), 8U);
  EXPECT_EQ(histogram.positive()[0], 1U);
  EXPECT_EQ(histogram.positive()[1024], 1U);
  EXPECT_EQ(histogram.positive()[4096], 1U);
  EXPECT_EQ(histogram.negative()[1536], 1U);
  EXPECT_EQ(histogram.negative()[4095], 1U);
  EXPECT_EQ(histogram.min(), -4095.5F * 0x1p-10F);
  EXPECT_EQ(histogram.magnitudes().size(), 4097U);
}

TEST(Histogram, ExtremesOfTheTypeHaveBins) {
  for (const float value : {std::numeric_limits<float>::max(), std::numeric_limits<float>::denorm_min(),
                            std::numeric_limits<float>::min()}) {
    Histogram histogram = histogram_of(std::span(&value, 1));
    const auto bins = histogram.magnitudes();
    EXPECT_EQ(std::accumulate(bins.begin(), bins.end(), uint64_t{0}), 1U) << value;
    EXPECT_EQ(range_of(histogram, {Calibrator::Method::MinMax}), value);
  }
}

TEST(Histogram, IsMadeAgainFromItsParts) {
  const auto values = samples([](auto& random) { return std::max(normal(random), -0.5); });
  const Histogram all = histogram_of(values);
  const auto list = [](std::span<const uint64_t> bins) { return std::vector<uint64_t>(bins.begin(), bins.end()); };
  Histogram::Parts parts{all.exponent(), list(all.negative()), list(all.positive()), all.zeros(), all.min(), all.max()};
  EXPECT_EQ(Histogram::from_parts(parts), all);
  ++parts.exponent;
  EXPECT_THROW(Histogram::from_parts(parts), Error);
}

TEST(Calibrator, GaussianNumbersKeepTheirSignal) {
  const auto values = samples(normal);
  EXPECT_GE(sqnr(values, "mse"), 40.3);
  EXPECT_GE(sqnr(values, "entropy2"), 39);
  EXPECT_GE(sqnr(values, "percentile=99.99"), 39.9);
  EXPECT_GE(sqnr(values, "minmax"), 37.5);
}

TEST(Calibrator, RectifiedNumbersKeepTheirSignal) {
  const auto values = samples([](auto& random) { return std::max(normal(random), 0.0); });
  EXPECT_GE(sqnr(values, "mse"), 40.3);
  EXPECT_GE(sqnr(values, "entropy2"), 39);
}

TEST(Calibrator, SiluKeepsItsSignal) {
  const auto values = samples([](auto& random) {
    const double x = 2 * normal(random);
    return x / (1 + std::exp(-x));
  });
  EXPECT_GE(sqnr(values, "mse"), 37.2);
  EXPECT_GE(sqnr(values, "entropy2"), 33);
}

TEST(Calibrator, NoRangeRoundsBetterThanThatOfMse) {
  const auto values = samples([](auto& random) { return std::exp(normal(random)); });
  const Histogram histogram = histogram_of(values);
  const float best = range_of(histogram, {});
  for (const double factor : {0.5, 0.8, 0.95, 1.05, 1.2, 2.0})
    EXPECT_LE(rounding_error(histogram, best), rounding_error(histogram, best * factor)) << factor;
  EXPECT_GE(sqnr(values, "mse"), 23);
}

TEST(Calibrator, QuantilesCutOffTheirShare) {
  std::vector<float> values(1000);
  std::iota(values.begin(), values.end(), 1.0F);
  const Histogram histogram = histogram_of(values);
  EXPECT_NEAR(range_of(histogram, parse_calibrator("percentile=90")), 900, histogram.width());
  EXPECT_NEAR(range_of(histogram, parse_calibrator("legacy=0.5")), 500, histogram.width());
  EXPECT_EQ(range_of(histogram, parse_calibrator("percentile=100")), 1000);
  // As many of each magnitude up to the last: the line does not fall, and nothing is cut off.
  EXPECT_EQ(range_of(histogram, parse_calibrator("legacy=0.5:0.5")), 1000);
}

TEST(Calibrator, ZerosHaveNoRange) {
  const std::vector<float> zeros(10);
  for (const char* name : {"mse", "minmax", "entropy2", "percentile=50", "legacy"})
    EXPECT_EQ(range_of(histogram_of(zeros), parse_calibrator(name)), 0) << name;
}

TEST(Calibrator, TextsNameThem) {
  for (const char* text : {"mse", "minmax", "entropy", "entropy2", "percentile=99.99", "legacy=0.9999:1"})
    EXPECT_EQ(to_string(parse_calibrator(text)), text);
  for (const char* text : {"", "kl", "mse=3", "percentile=101", "percentile=x", "legacy=0.5:2"})
    EXPECT_THROW(parse_calibrator(text), Error) << text;
}

}  // namespace
}  // namespace tn::quant
