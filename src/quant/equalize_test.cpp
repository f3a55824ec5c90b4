// SPDX-License-Identifier: Apache-2.0
#include "quant/equalize.h"

#include <gtest/gtest.h>

#include <cmath>

#include "ir/text.h"
#include "ops/entry.h"

namespace tn::quant {
namespace {

Graph graph_of(std::string_view between, std::string_view outputs = "d") {
  return parse_graph(fmt::format(R"(graph g(x: f32[1,1,2,2]) {{
    a = Conv(x, f32[2,1,1,1]{{8,0.5}}, f32[2]{{16,1}}) {{strides=[1,1], dilations=[1,1], pads=[0,0,0,0]}}
    b = {}
    d = Conv(b, f32[1,2,1,1]{{2,2}}) {{strides=[1,1], dilations=[1,1], pads=[0,0,0,0]}}
    return {} }})",
                                 between, outputs),
                     ops::make_op_by_name);
}

std::vector<double> weights(const Graph& graph, size_t conv, size_t input) {
  std::vector<NodeId> convs;
  for (const NodeId id : graph.order()) {
    if (graph.node(id).op->name() == "Conv") convs.push_back(id);
  }
  const Constant& constant = *graph.tensor(graph.node(convs[conv]).inputs[input]).constant;
  std::vector<double> values;
  for (int64_t i = 0; i < constant.elements(); ++i) values.push_back(constant.number(i));
  return values;
}

TEST(Equalize, MakesWeightsBeforeAndBehindAChannelEquallyLarge) {
  Graph graph = graph_of("Relu(a)");
  EXPECT_EQ(equalize(graph), 1);
  EXPECT_EQ(weights(graph, 0, 1), (std::vector<double>{4, 1}));
  EXPECT_EQ(weights(graph, 0, 2), (std::vector<double>{8, 2}));
  EXPECT_EQ(weights(graph, 1, 1), (std::vector<double>{4, 1}));
}

TEST(Equalize, LeavesWhatAnythingElseReadsOrBends) {
  Graph graph = graph_of("Sigmoid(a)");
  EXPECT_EQ(equalize(graph), 0);
  graph = graph_of("Relu(a)", "d, b");
  EXPECT_EQ(equalize(graph), 0);
  graph = graph_of("Relu(a)", "d, a");
  EXPECT_EQ(equalize(graph), 0);
}

}  // namespace
}  // namespace tn::quant
