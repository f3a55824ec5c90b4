// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "ops/op_test.h"

namespace tn::ops {
namespace {

const std::vector<double> kOnes4 = {1, 1, 1, 1}, kZeros4 = {0, 0, 0, 0};

TEST(Norms, LayerAndRms) {
  GraphBuilder b;
  const auto x = floats({2, 3}, {1, 2, 4, 0, 0, 3}), one = floats({3}, {1, 1, 1});
  const auto y = b.compute("LayerNormalization", 17, {x, one}, {}, 3);
  expect_near(*y[0], {-1.069042, -0.26726, 1.336302, -0.707105, -0.707105, 1.41421}, 2e-6);
  expect_near(*y[1], {7.0 / 3, 1});
  expect_near(*y[2], {1 / std::sqrt(14.0 / 9 + 1e-5), 1 / std::sqrt(2 + 1e-5)});
  expect_near(*b.compute("RMSNormalization", 23, {x, one})[0], {0.377964, 0.755928, 1.511857, 0, 0, 1.732048}, 2e-6);
  const auto scaled = b.compute("LayerNormalization", 17, {x, floats({3}, {2, 2, 2}), floats({3}, {1, 1, 1})})[0];
  expect_near(*scaled, {-1.138084, 0.46548, 3.672604, -0.41421, -0.41421, 3.82842}, 4e-6);
}

TEST(Norms, GroupAndInstance) {
  GraphBuilder b;
  const auto x = floats({1, 4, 2}, {1, 2, 3, 4, 5, 6, 7, 9}), one = floats({4}, kOnes4), zero = floats({4}, kZeros4);
  const std::vector<double> groups = {-1.341635, -0.447212, 0.447212, 1.341635,
                                      -1.183213, -0.507091, 0.16903,  1.521274};
  expect_near(*b.compute("GroupNormalization", 21, {x, one, zero}, {{"num_groups", int64_t{2}}})[0], groups, 2e-6);
  const auto one2 = floats({2}, {1, 1}), zero2 = floats({2}, {0, 0});
  expect_near(*b.compute("GroupNormalization", 18, {x, one2, zero2}, {{"num_groups", int64_t{2}}})[0], groups, 2e-6);
  const std::vector<double> instances = {-0.99998, 0.99998, -0.99998, 0.99998, -0.99998, 0.99998, -0.999995, 0.999995};
  expect_near(*b.compute("InstanceNormalization", 6, {x, one, zero})[0], instances, 2e-6);
  EXPECT_THROW(b.compute("GroupNormalization", 21, {x, one, zero}, {{"num_groups", int64_t{3}}}), Error);
}

TEST(Norms, Batch) {
  const auto x = floats({1, 2, 1}, {3, 5}), scale = floats({2}, {2, 1}), bias = floats({2}, {1, 0});
  const auto mean = floats({2}, {1, 5}), variance = floats({2}, {4, 1});
  GraphBuilder folded;
  expect_near(*folded.compute("BatchNormalization", 15, {x, scale, bias, mean, variance}, {{"epsilon", 0.0}})[0],
              {3, 0});
  // The same with parameters that are not constants while importing.
  GraphBuilder b;
  const TensorId parameter = b.import("Add", 14, {b.constant(scale), b.constant(floats({2}, {0, 0}))})[0];
  const TensorId y = b.import("BatchNormalization", 15,
                              {b.constant(x), parameter, b.constant(bias), b.constant(mean), b.constant(variance)},
                              {{"epsilon", 0.0}})[0];
  expect_near(*evaluate(b.graph, y), {3, 0});
}

TEST(Norms, LocalResponseLpAndMeanVariance) {
  GraphBuilder b;
  const auto x = floats({1, 3, 1}, {1, 2, 3});
  expect_near(*b.compute("LRN", 13, {x}, {{"size", int64_t{3}}, {"alpha", 0.5}, {"bias", 2.0}})[0],
              {0.4579064, 0.6659068, 1.0286786});
  expect_near(*b.compute("LpNormalization", 22, {floats({2, 2}, {3, 4, 0, 0})})[0], {0.6, 0.8, 0, 0});
  const auto mvn = b.compute("MeanVarianceNormalization", 13, {floats({2, 1, 1, 1}, {1, 3})})[0];
  expect_near(*mvn, {-1, 1});
}

}  // namespace
}  // namespace tn::ops
