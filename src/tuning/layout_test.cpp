// SPDX-License-Identifier: Apache-2.0
#include "tuning/layout.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

namespace tn {
namespace {

using Numbers = std::vector<int64_t>;

Dims to_dims(const Numbers& values) {
  return {values.begin(), values.end()};
}

Numbers to_numbers(const Dims& dims) {
  Numbers result;
  for (const Dim& dim : dims) result.push_back(*dim.constant());
  return result;
}

// Addresses of all elements in the order of their indices.
Numbers addresses(const Numbers& dims, const Numbers& strides) {
  Numbers result = {0};
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    Numbers next;
    for (const int64_t base : result)
      for (int64_t i = 0; i < dims[axis]; ++i) next.push_back(base + i * strides[axis]);
    result = std::move(next);
  }
  return result;
}

// Strides under which `to` reads exactly these addresses, if there are any: the first step along each axis tells them.
std::optional<Numbers> strides_by_trial(const Numbers& wanted, const Numbers& to) {
  Numbers strides(to.size(), 0);
  int64_t step = 1;
  for (size_t axis = to.size(); axis-- > 0; step *= to[axis]) {
    if (to[axis] > 1) strides[axis] = wanted[static_cast<size_t>(step)] - wanted[0];
  }
  return addresses(to, strides) == wanted ? std::optional(strides) : std::nullopt;
}

class RandomShapes {
 public:
  explicit RandomShapes(uint32_t seed) : random_(seed) {}
  size_t below(size_t limit) { return random_() % limit; }

  // The primes of `count` spread over some axes, with ones in between.
  Numbers factors(const Numbers& primes) {
    Numbers dims(1 + below(5), 1);
    for (const int64_t prime : primes) dims[below(dims.size())] *= prime;
    return dims;
  }
  Numbers primes() {
    Numbers result(below(5));
    for (int64_t& prime : result) prime = below(3) == 0 ? 3 : 2;
    return result;
  }
  // Dense in some order of the axes, then perhaps with a gap or a repeated axis.
  Numbers strides(const Numbers& dims) {
    std::vector<size_t> order(dims.size());
    std::iota(order.begin(), order.end(), size_t{0});
    if (below(2) == 0) std::shuffle(order.begin(), order.end(), random_);
    Numbers result(dims.size());
    int64_t step = 1;
    for (size_t i = order.size(); i-- > 0;) {
      result[order[i]] = step;
      step *= dims[order[i]];
      if (below(5) == 0) step += 3;
    }
    if (below(6) == 0) result[below(result.size())] = 0;
    return result;
  }

 private:
  std::minstd_rand random_;
};

TEST(ReshapedStrides, FindsThemWheneverThereAreAny) {
  RandomShapes random(5);
  int found = 0, absent = 0;
  for (int round = 0; round < 5000; ++round) {
    const Numbers primes = random.primes(), dims = random.factors(primes), to = random.factors(primes);
    const Numbers strides = random.strides(dims);
    const Numbers wanted = addresses(dims, strides);
    const auto result = reshaped_strides(to_dims(dims), to_dims(strides), to_dims(to));
    const bool possible = strides_by_trial(wanted, to).has_value();
    ASSERT_EQ(result.has_value(), possible)
        << to_string(to_dims(dims)) << " strides " << to_string(to_dims(strides)) << " to " << to_string(to_dims(to));
    ++(possible ? found : absent);
    if (!result) continue;
    ASSERT_EQ(addresses(to, to_numbers(*result)), wanted) << "to " << to_string(to_dims(to));
  }
  EXPECT_GT(found, 500);
  EXPECT_GT(absent, 500);
}

TEST(ReshapedStrides, SymbolsSplitAndMergeWhereTheQuotientIsExact) {
  const Dim n = Dim::symbol("N"), s = Dim::symbol("S");
  // [N,S,2,16] seen as [N,S,32] and back, inside rows of 64.
  EXPECT_EQ(reshaped_strides({n, s, 2, 16}, {s * 64, 64, 16, 1}, {n, s, 32}), (Dims{s * 64, 64, 1}));
  EXPECT_EQ(reshaped_strides({n, s, 32}, {s * 64, 64, 1}, {n, s, 2, 16}), (Dims{s * 64, 64, 16, 1}));
  EXPECT_EQ(reshaped_strides({n, s, 32}, {s * 64, 64, 1}, {n * s, 32}), (Dims{64, 1}));
  // Rows with gaps cannot be joined with what lies in them.
  EXPECT_EQ(reshaped_strides({n, s, 32}, {s * 64, 64, 1}, {n, s * 32}), std::nullopt);
  EXPECT_EQ(reshaped_strides({n, 32, s}, {s * 32, 1, 32}, {n, s * 32}), std::nullopt);
}

TEST(Layout, OrdersAndNeeds) {
  const Dims image = {2, 3, 4, 5};
  EXPECT_EQ(strides_in(Order::RowMajor, image), (Dims{60, 20, 5, 1}));
  EXPECT_EQ(strides_in(Order::ChannelsLast, image), (Dims{60, 1, 15, 3}));
  EXPECT_TRUE(satisfies(Need::ChannelsLast, image, strides_in(Order::ChannelsLast, image)));
  EXPECT_FALSE(satisfies(Need::ChannelsLast, image, strides_in(Order::RowMajor, image)));
  EXPECT_FALSE(satisfies(Need::UnitInner, image, strides_in(Order::ChannelsLast, image)));
  EXPECT_TRUE(is_row_major({1, 3, 1, 5}, {99, 5, 77, 1}));
}

}  // namespace
}  // namespace tn
