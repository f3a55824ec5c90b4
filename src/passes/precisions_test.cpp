// SPDX-License-Identifier: Apache-2.0

#include "ir/precisions.h"

#include <gtest/gtest.h>

#include "ir/text.h"
#include "ops/entry.h"

namespace tn {
namespace {

class PrecisionsTest : public ::testing::Test {
 protected:
  Graph graph = parse_graph(R"(graph g(x: f32[4]) {
    a = Exp(x)
    b = Sin(a)
    c = Identity(b)
    d = Cos(c)
    return d
  })",
                            ops::make_op_by_name);
  Precisions precisions;

  void hold(NodeId id, DataType type) { precisions.hold(id, {type, false, false, {graph.node(id).name}}); }
  /// A node that stands for Exp and Sin.
  bool merge() {
    Patch patch(graph);
    patch.replace(graph.node(1).outputs[0], patch.add("merged", ops::make_op_by_name("Tan"), {graph.inputs()[0]}));
    return precisions.apply(patch);
  }
  bool drop_identity() {
    Patch patch(graph);
    patch.replace(graph.node(2).outputs[0], graph.node(1).outputs[0]);
    return precisions.apply(patch);
  }
};

TEST_F(PrecisionsTest, NodesOfOnePrecisionMerge) {
  EXPECT_TRUE(merge()) << "nothing is held";
  EXPECT_TRUE(precisions.empty());
}

TEST_F(PrecisionsTest, WhatStandsForHeldNodesIsHeld) {
  hold(0, DataType::F16);
  hold(1, DataType::F16);
  ASSERT_TRUE(merge());
  const Precision* const merged = precisions.find(graph.tensor(graph.node(2).inputs[0]).producer);
  ASSERT_NE(merged, nullptr);
  EXPECT_EQ(merged->type, DataType::F16);
  EXPECT_EQ(merged->layers, (std::set<std::string>{graph.node(0).name, graph.node(1).name}));
}

TEST_F(PrecisionsTest, PrecisionsDoNotMix) {
  hold(1, DataType::F16);
  const std::string before = to_text(graph);
  EXPECT_FALSE(merge()) << "one of two is held";
  hold(0, DataType::BF16);
  EXPECT_FALSE(merge()) << "to different types";
  EXPECT_EQ(to_text(graph), before);
}

TEST_F(PrecisionsTest, WhatDoesNothingGoesUnlessItRounds) {
  hold(1, DataType::F16);
  EXPECT_TRUE(drop_identity());
  hold(3, DataType::F32);
  EXPECT_FALSE(precisions.agree(1, 3));
}

TEST_F(PrecisionsTest, AHeldIdentityRounds) {
  hold(2, DataType::F16);
  EXPECT_FALSE(drop_identity());
  hold(1, DataType::F16);
  EXPECT_TRUE(drop_identity());
  EXPECT_TRUE(precisions.find(1)->layers.contains(graph.node(2).name));
}

TEST_F(PrecisionsTest, NumbersOfNodesAreFollowed) {
  hold(3, DataType::F16);
  ASSERT_TRUE(drop_identity());
  graph.remove_node(2);
  precisions.compact(graph);
  EXPECT_EQ(precisions.find(3), nullptr);
  ASSERT_NE(precisions.find(2), nullptr);
  EXPECT_EQ(graph.node(2).op->name(), "Cos");
}

}  // namespace
}  // namespace tn
