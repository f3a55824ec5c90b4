// SPDX-License-Identifier: Apache-2.0
#include "tuning/region.h"

#include <gtest/gtest.h>

#include "ir/text.h"
#include "ops/entry.h"

namespace tn {
namespace {

std::string signature(std::string_view text, const SymbolRanges& ranges, const std::map<std::string, int64_t>& opt) {
  const Graph graph = parse_graph(text, ops::make_op_by_name);
  return region_of(graph, graph.node(graph.order()[0]))->signature(ranges, opt);
}

TEST(Signature, SymbolsHaveNoNames) {
  const std::string mine =
      signature("graph g(a: f32[N,S,8], b: f32[N,8,2*S]) { y = MatMul(a, b) return y }",
                {{"N", {1, 4}}, {"S", {2, 64}}, {"other", {1, 2}}}, {{"N", 2}, {"S", 8}, {"other", 1}});
  const std::string same = signature("graph h(p: f32[batch,A,8], q: f32[batch,8,2*A]) { z = MatMul(p, q) return z }",
                                     {{"batch", {1, 4}}, {"A", {2, 64}}}, {{"batch", 2}, {"A", 8}});
  EXPECT_EQ(mine, same);
  EXPECT_EQ(mine.find('N'), std::string::npos);
}

TEST(Signature, RangesAndTunedValuesCount) {
  constexpr std::string_view kText = "graph g(a: f32[N,8]) { y = Softmax(a) {axis=1} return y }";
  const std::string mine = signature(kText, {{"N", {1, 4}}}, {{"N", 2}});
  EXPECT_NE(mine, signature(kText, {{"N", {1, 8}}}, {{"N", 2}}));
  EXPECT_NE(mine, signature(kText, {{"N", {1, 4}}}, {{"N", 4}}));
}

TEST(Signature, KnownValuesCount) {
  const auto slice = [](std::string_view step) {
    return signature(fmt::format("graph g(a: f32[N,8]) {{ y = Slice(a, i64[1]{{{}}}, i64[1]{{{}}}, i64[1]{{1}}, "
                                 "i64[1]{{{}}}) return y }}",
                                 step == "1" ? "0" : "-1", step == "1" ? "8" : "-9", step),
                     {{"N", {1, 4}}}, {{"N", 2}});
  };
  EXPECT_NE(slice("1"), slice("-1"));
}

}  // namespace
}  // namespace tn
