// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>

#include "ops/op_test.h"

namespace tn::ops {
namespace {

using Numbers = std::vector<double>;
using Attributes = std::map<std::string, import::Attribute, std::less<>>;

ConstantPtr draw(std::string_view op, const std::vector<ConstantPtr>& inputs, const Attributes& attributes) {
  GraphBuilder b;
  return b.compute(op, 22, inputs, attributes)[0];
}

struct Moments {
  double mean = 0, deviation = 0;
};
Moments moments(const Constant& x) {
  Moments m;
  const Numbers values = numbers(x);
  const auto count = static_cast<double>(values.size());
  for (const double value : values) m.mean += value / count;
  for (const double value : values) m.deviation += (value - m.mean) * (value - m.mean) / count;
  m.deviation = std::sqrt(m.deviation);
  return m;
}

const std::vector<int64_t> kShape = {100, 100};

TEST(Random, HonoursSeeds) {
  const auto numbers_of = [](double seed) {
    return numbers(*draw("RandomUniform", {}, {{"shape", std::vector<int64_t>{5}}, {"seed", seed}}));
  };
  EXPECT_EQ(numbers_of(1), numbers_of(1));
  EXPECT_NE(numbers_of(1), numbers_of(2));
  const auto free = [] { return numbers(*draw("RandomUniform", {}, {{"shape", std::vector<int64_t>{5}}})); };
  EXPECT_NE(free(), free());
}

TEST(Random, GivesOtherNumbersInEveryRun) {
  const auto op = make("RandomUniform", {{"seeded", true}, {"seed", 3.0}});
  const auto sequence = [&] {
    const auto kernel = find_reference(op->name())->make(op->encode());
    std::vector<Numbers> results;
    for (int run = 0; run < 3; ++run) {
      results.push_back(
          numbers(*Constant::make(DataType::F32, {4}, [&](const TensorView& y) { kernel({}, std::span(&y, 1)); })));
    }
    return results;
  };
  const auto first = sequence();
  EXPECT_NE(first[0], first[1]);
  EXPECT_NE(first[1], first[2]);
  EXPECT_EQ(first, sequence());
}

TEST(Random, HasTheDistributionsAskedFor) {
  const auto uniform = draw("RandomUniform", {}, {{"shape", kShape}, {"seed", 1.0}, {"low", -2.0}, {"high", 4.0}});
  EXPECT_NEAR(moments(*uniform).mean, 1, 0.1);
  EXPECT_NEAR(moments(*uniform).deviation, 6 / std::sqrt(12), 0.1);
  for (const double value : numbers(*uniform)) ASSERT_TRUE(value >= -2 && value < 4) << value;
  const auto normal =
      draw("RandomNormalLike", {counting({100, 100}, DataType::F64)}, {{"seed", 1.0}, {"mean", 3.0}, {"scale", 2.0}});
  EXPECT_EQ(normal->type(), DataType::F64);
  EXPECT_NEAR(moments(*normal).mean, 3, 0.1);
  EXPECT_NEAR(moments(*normal).deviation, 2, 0.1);
  const auto coins = draw("Bernoulli", {floats({2}, {0, 1})}, {{"seed", 1.0}, {"dtype", int64_t{9}}});
  EXPECT_EQ(coins->type(), DataType::Bool);
  EXPECT_EQ(numbers(*coins), (Numbers{0, 1}));
}

TEST(Random, DrawsClassesByTheirProbabilities) {
  const auto drawn = draw("Multinomial", {floats({2, 3}, {std::log(1), std::log(3), -1e30, 5, -1e30, -1e30})},
                          {{"seed", 1.0}, {"sample_size", int64_t{10000}}});
  EXPECT_EQ(drawn->type(), DataType::I32);
  const Numbers classes = numbers(*drawn);
  ASSERT_EQ(classes.size(), 20000u);
  EXPECT_NEAR(static_cast<double>(std::count(classes.begin(), classes.begin() + 10000, 1.0)), 7500, 200);
  EXPECT_EQ(std::count(classes.begin(), classes.begin() + 10000, 2.0), 0);
  EXPECT_EQ(std::count(classes.begin() + 10000, classes.end(), 0.0), 10000);
}

}  // namespace
}  // namespace tn::ops
