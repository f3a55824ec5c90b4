// SPDX-License-Identifier: Apache-2.0
#include "tuning/extent_table.h"

#include <gtest/gtest.h>

#include <random>

namespace tn {
namespace {

const std::vector<std::string> kSymbols = {"A", "B", "C"};
const SymbolRanges kRanges = {{"A", {1, 9}}, {"B", {2, 5}}, {"C", {1, 64}}};

class RandomDims {
 public:
  explicit RandomDims(uint32_t seed) : random_(seed) {}

  Dim dim(int depth) {
    if (depth == 0) {
      const auto pick = random_() % (kSymbols.size() + 1);
      return pick < kSymbols.size() ? Dim::symbol(kSymbols[pick]) : Dim(static_cast<int64_t>(random_() % 7));
    }
    const Dim a = dim(depth - 1), b = dim(depth - 1);
    switch (random_() % 7) {
      case 0:
        return a + b;
      case 1:
        return a - b;
      case 2:
        return a * b;
      case 3:
        return Dim::min(a, b);
      case 4:
        return Dim::max(a, b);
      case 5:
        return Dim::floor_div(a, static_cast<int64_t>(1 + random_() % 4));
      default:
        return Dim::ceil_div(a, static_cast<int64_t>(1 + random_() % 4));
    }
  }

  std::map<std::string, int64_t> values() {
    std::map<std::string, int64_t> result;
    for (const auto& [name, range] : kRanges)
      result[name] = range.min + static_cast<int64_t>(random_() % static_cast<uint64_t>(range.max - range.min + 1));
    return result;
  }

 private:
  std::minstd_rand random_;
};

std::vector<int64_t> run(const ShapeProgram& program, const std::map<std::string, int64_t>& symbols) {
  std::vector<int64_t> inputs, results(program.results.size()), scratch(program.instructions.size());
  for (const std::string& name : kSymbols) inputs.push_back(symbols.at(name));
  EXPECT_TRUE(program.evaluate(inputs, results, scratch).ok());
  return results;
}

TEST(ExtentTable, ComputesWhatTheExpressionsSayWithinTheirRanges) {
  RandomDims random(3);
  for (int round = 0; round < 100; ++round) {
    ExtentTable table(kSymbols);
    Dims dims;
    std::vector<uint32_t> indices;
    for (int i = 0; i < 8; ++i) {
      dims.push_back(random.dim(i % 4));
      indices.push_back(table.index(dims.back()));
    }
    const auto ranges = table.ranges(kRanges);
    ASSERT_EQ(ranges.size(), table.program().results.size());
    for (int point = 0; point < 10; ++point) {
      const auto symbols = random.values();
      const auto results = run(table.program(), symbols);
      for (size_t i = 0; i < kSymbols.size(); ++i) EXPECT_EQ(results[i], symbols.at(kSymbols[i]));
      for (size_t i = 0; i < dims.size(); ++i)
        EXPECT_EQ(results[indices[i]], dims[i].evaluate(symbols)) << dims[i].to_string();
      for (size_t i = 0; i < results.size(); ++i) {
        EXPECT_GE(results[i], ranges[i].min);
        EXPECT_LE(results[i], ranges[i].max);
      }
    }
  }
}

TEST(ExtentTable, EqualExpressionsShareAResult) {
  ExtentTable table(kSymbols);
  const Dim a = Dim::symbol("A"), b = Dim::symbol("B");
  EXPECT_EQ(table.index(a), 0U);
  const uint32_t sum = table.index(a + b);
  EXPECT_EQ(table.index(b + a), sum);
  EXPECT_EQ(table.index(a + a + b - a), sum);
  EXPECT_NE(table.index(a - b), sum);
}

TEST(ExtentTable, BlocksAreConsecutive) {
  ExtentTable table(kSymbols);
  const Dim a = Dim::symbol("A");
  table.index(a * 2);
  const uint32_t first = table.block({a, Dim(5), a * 2, a});
  const auto results = run(table.program(), {{"A", 3}, {"B", 2}, {"C", 1}});
  EXPECT_EQ(std::vector<int64_t>(results.begin() + first, results.end()), (std::vector<int64_t>{3, 5, 6, 3}));
}

}  // namespace
}  // namespace tn
