// SPDX-License-Identifier: Apache-2.0
#include "quant/gram.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "quant/plan.h"

namespace tn::quant {
namespace {

constexpr size_t kWidth = 36, kRows = 8, kVectors = 500;

// Neighbours are alike, as in images.
std::vector<float> correlated(uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> vectors(kWidth * kVectors);
  for (size_t v = 0; v < kVectors; ++v) {
    float last = 0;
    for (size_t k = 0; k < kWidth; ++k) vectors[v * kWidth + k] = last = 0.9F * last + 0.4F * normal(random);
  }
  return vectors;
}

double noise(const std::vector<float>& vectors, const std::vector<float>& exact, const std::vector<float>& rounded) {
  double sum = 0;
  for (size_t v = 0; v < kVectors; ++v) {
    for (size_t row = 0; row < kRows; ++row) {
      double error = 0;
      for (size_t k = 0; k < kWidth; ++k)
        error += (exact[row * kWidth + k] - rounded[row * kWidth + k]) * vectors[v * kWidth + k];
      sum += error * error;
    }
  }
  return sum;
}

TEST(Gram, AddsProducts) {
  Gram gram(2);
  gram.add(std::vector<float>{1, 2, 3, 4, 0, 5});
  EXPECT_EQ(gram.at(0, 0), 10);
  EXPECT_EQ(gram.at(0, 1), 14);
  EXPECT_EQ(gram.at(1, 0), 14);
  EXPECT_EQ(gram.at(1, 1), 45);
}

TEST(RoundBy, LosesFarLessThanTheNearestOnVectorsThatWereNotSeen) {
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  std::vector<float> weights(kRows * kWidth), scales(kRows), nearest(weights.size());
  for (float& weight : weights) weight = normal(random);
  for (size_t row = 0; row < kRows; ++row) {
    float most = 0;
    for (size_t k = 0; k < kWidth; ++k) most = std::max(most, std::fabs(weights[row * kWidth + k]));
    scales[row] = most / 127;
    for (size_t k = 0; k < kWidth; ++k)
      nearest[row * kWidth + k] = std::rint(weights[row * kWidth + k] / scales[row]) * scales[row];
  }
  Gram gram(kWidth);
  gram.add(correlated(1));
  const std::vector<float> rounded = round_by(gram, weights, scales);
  const std::vector<float> others = correlated(2);
  const double gained = 10 * std::log10(noise(others, weights, nearest) / noise(others, weights, rounded));
  EXPECT_GT(gained, 4) << "dB";
  for (size_t i = 0; i < rounded.size(); ++i) {
    const float integer = rounded[i] / scales[i / kWidth];
    EXPECT_NEAR(integer, std::rint(integer), 1e-4);
    EXPECT_LT(std::fabs(integer), 127.01F);
    EXPECT_LE(std::fabs(rounded[i] - weights[i]), scales[i / kWidth] * 1.0001F) << "a neighbour";
  }
}

TEST(RoundBy, IsTheNearestWhereNothingIsCorrelated) {
  Gram gram(2);
  gram.add(std::vector<float>{1, 0, 0, 1});
  EXPECT_EQ(round_by(gram, std::vector<float>{1.4F, -127, 0.6F, 200}, std::vector<float>{1, 1}),
            (std::vector<float>{1, -127, 1, 127}));
}

}  // namespace
}  // namespace tn::quant
