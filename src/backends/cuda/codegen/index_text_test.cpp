// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/codegen/index_text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace tn::cuda {
namespace {

// Offsets of all operands at every element, sorted.
std::vector<std::vector<int64_t>> positions(const IterationSpace& space) {
  const int64_t elements = *space.elements().constant();
  std::vector<std::vector<int64_t>> result;
  for (int64_t item = 0; item < elements; ++item) {
    std::vector<int64_t> offsets(space.strides.size(), 0);
    int64_t rest = item;
    for (size_t axis = space.rank(); axis-- > 0;) {
      const int64_t extent = *space.dims[axis].constant();
      for (size_t k = 0; k < offsets.size(); ++k) offsets[k] += rest % extent * *space.strides[k][axis].constant();
      rest /= extent;
    }
    result.push_back(std::move(offsets));
  }
  std::ranges::sort(result);
  return result;
}

// Strides of a tensor without gaps (or with some) whose axes lie in memory in any order; some axes repeat.
Dims random_strides(const Dims& dims, std::mt19937& random) {
  std::vector<size_t> order(dims.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  if (random() % 2 == 0) std::ranges::shuffle(order, random);
  Dims strides(dims.size(), 0);
  int64_t stride = random() % 4 == 0 ? 2 : 1;
  for (size_t i = order.size(); i-- > 0;) {
    if (random() % 5 == 0) continue;
    strides[order[i]] = stride;
    stride *= *dims[order[i]].constant() + (random() % 6 == 0 ? 1 : 0);
  }
  return strides;
}

TEST(Flatten, KeepsEveryPosition) {
  std::mt19937 random(7);
  for (int round = 0; round < 400; ++round) {
    IterationSpace space;
    for (size_t axis = random() % 6; axis > 0; --axis) space.dims.emplace_back(static_cast<int64_t>(1 + random() % 4));
    for (int k = 0; k < 3; ++k) space.strides.push_back(random_strides(space.dims, random));
    const IterationSpace flat = flatten(space, {}, random() % 3);
    EXPECT_GE(flat.rank(), 1u);
    EXPECT_EQ(positions(flat), positions(space)) << to_string(space.dims);
  }
}

TEST(Flatten, JoinsWhatAllOperandsAllow) {
  const Dim n = Dim::symbol("N");
  const SymbolRanges ranges = {{"N", {1, 8}}};
  const IterationSpace dense = flatten({{n, 3, 4}, {{12, 4, 1}, {12, 4, 1}}}, ranges);
  EXPECT_EQ(dense.dims, Dims{n * 12});
  const IterationSpace channels = flatten({{n, 3, 4, 5}, {{60, 20, 5, 1}, {0, 1, 0, 0}}}, ranges);
  EXPECT_EQ(channels.dims, (Dims{n, 3, 20}));
  EXPECT_EQ(channels.strides[1], (Dims{0, 1, 0}));
  const IterationSpace last = flatten({{n, 3, 4, 5}, {{60, 1, 15, 3}, {60, 1, 15, 3}}}, ranges);
  EXPECT_EQ(last.dims, Dims{n * 60});
}

TEST(IsWide, LooksAtTheLargestShapes) {
  const Dim n = Dim::symbol("N");
  const IterationSpace space{{n, 1 << 20}, {{1 << 20, 1}}};
  EXPECT_FALSE(is_wide(space, {{"N", {1, 1024}}}));
  EXPECT_TRUE(is_wide(space, {{"N", {1, 4096}}}));
  EXPECT_TRUE(is_wide({{2}, {{int64_t{1} << 31}}}, {}));
}

TEST(KnownDivisor, HoldsForEverySymbol) {
  const Dim n = Dim::symbol("N");
  EXPECT_EQ(known_divisor(48, 16), 16);
  EXPECT_EQ(known_divisor(0, 8), 8);
  EXPECT_EQ(known_divisor(n, 8), 1);
  EXPECT_EQ(known_divisor(n * 12 + 8, 16), 4);
}

TEST(BroadcastStrides, DecideWhileRunningWhereRangesDoNot) {
  const Dim n = Dim::symbol("N"), m = Dim::symbol("M");
  const Operand operand{DataType::F32, {m, 4}, {4, 1}};
  const Dims maybe = broadcast_strides(operand, {n, 2, 4}, {{"N", {1, 8}}, {"M", {1, 8}}});
  EXPECT_EQ(maybe[0], Dim(0));
  EXPECT_EQ(maybe[1].evaluate({{"M", 1}}), 0);
  EXPECT_EQ(maybe[1].evaluate({{"M", 2}}), 4);
  EXPECT_EQ(maybe[2], Dim(1));
}

TEST(IndexText, FoldsConstants) {
  Scalars scalars;
  IndexText index(scalars, false);
  EXPECT_EQ(index.offset({"i0", "i1", "i2"}, {0, 12, 1}), "(i1) * 12u + i2");
  EXPECT_EQ(index(Dim::symbol("N")), "(index_t)s0");
  EXPECT_EQ(index.coordinates("item", {5, 7}, "i"),
            "  const index_t above_i1 = (item) / 7u, i1 = (item) - above_i1 * 7u;\n  const index_t i0 = above_i1;\n");
}

}  // namespace
}  // namespace tn::cuda
