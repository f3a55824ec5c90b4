// SPDX-License-Identifier: Apache-2.0
// What tests of passes share: graph text before and after, the pass run twice, and the same numbers out of both.
#pragma once

#include <gtest/gtest.h>

#include <cmath>

#include "ir/text.h"
#include "ops/entry.h"
#include "passes/evaluate.h"
#include "passes/pipeline.h"

namespace tn::passes {

inline Graph parse(std::string_view text) {
  return parse_graph(text, ops::make_op_by_name);
}

/// Deterministic inputs: numbers between -1 and 1, integers 0 … 3. Nothing if an extent is symbolic.
inline std::optional<std::vector<ConstantPtr>> sample_inputs(const Graph& graph) {
  std::vector<ConstantPtr> inputs;
  for (const TensorId id : graph.inputs()) {
    const TensorType& type = graph.tensor(id).type;
    const auto shape = type.static_shape();
    if (!shape) return std::nullopt;
    inputs.push_back(Constant::make(type.type, *shape, [&](const TensorView& view) {
      for (int64_t i = 0; i < shape->elements(); ++i)
        is_float(type.type) ? store_double(view, i, std::sin(1.7 * static_cast<double>(i + 10 * id) + 0.3))
                            : store_int64(view, i, i % 4);
    }));
  }
  return inputs;
}

inline void expect_same_results(const Graph& before, const Graph& after, double tolerance = 1e-5) {
  const auto inputs = sample_inputs(before);
  if (!inputs) return;
  const auto expected = evaluate(before, *inputs), results = evaluate(after, *inputs);
  ASSERT_EQ(expected.size(), results.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    ASSERT_TRUE(expected[i]->dims() == results[i]->dims());
    for (int64_t k = 0; k < expected[i]->elements(); ++k)
      ASSERT_NEAR(results[i]->number(k), expected[i]->number(k), tolerance * (1 + std::fabs(expected[i]->number(k))))
          << "output " << i << ", element " << k;
  }
}

inline Graph run_pass(const Pass& pass, std::string_view before) {
  Graph graph = parse(before);
  const Graph original = graph;
  run_passes(graph, std::span(&pass, 1));
  expect_same_results(original, graph);
  Graph again = graph;
  EXPECT_EQ(run_passes(again, std::span(&pass, 1)).patches(), 0) << "the second run changes something";
  EXPECT_EQ(to_text(again), to_text(graph));
  return graph;
}

/// Runs the pass on the text; the result must read as `after` does. What is left out there is filled in by its types.
inline void expect_pass(const Pass& pass, std::string_view before, std::string_view after) {
  EXPECT_EQ(to_text(run_pass(pass, before)), to_text(parse(after)));
}

/// The operators of a graph in order: "Conv Relu".
inline std::string operators(const Graph& graph) {
  std::string text;
  for (const NodeId id : graph.order()) text += (text.empty() ? "" : " ") + std::string(graph.node(id).op->name());
  return text;
}

}  // namespace tn::passes
