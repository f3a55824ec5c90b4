// SPDX-License-Identifier: Apache-2.0
#include "tenonexec/classify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace tenonexec {
namespace {

using ::testing::ElementsAre;

TEST(Accuracy, CountsTopOneAndTopFive) {
  Accuracy accuracy;
  const std::vector<double> scores = {0.1, 0.9, 0.5, 0.4, 0.3, 0.2, 0.0};
  accuracy.add(scores, 1);
  accuracy.add(scores, 5);
  accuracy.add(scores, 0);
  accuracy.add(scores, 6);
  EXPECT_THAT(accuracy.format(), ElementsAre("Top-1: 25.00 % (1 of 4)", "Top-5: 50.00 % (2 of 4)"));
}

TEST(Accuracy, TiesAndNan) {
  Accuracy accuracy;
  accuracy.add(std::vector<double>{1, 1}, 1);
  accuracy.add(std::vector<double>{1, 1}, 0);
  accuracy.add(std::vector<double>{std::nan(""), 1}, 0);
  EXPECT_THAT(accuracy.format(), ElementsAre("Top-1: 33.33 % (1 of 3)"));
}

TEST(Accuracy, NoImages) {
  EXPECT_THAT(Accuracy().format(), ElementsAre("Top-1: 0.00 % (0 of 0)"));
}

}  // namespace
}  // namespace tenonexec
