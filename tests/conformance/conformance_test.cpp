// SPDX-License-Identifier: Apache-2.0
// Every case of every operator, built into an engine and run, against the operator's definition: with and without
// passes, and with an elementwise operator behind it that may be fused.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "ir/text.h"
#include "ops/entry.h"
#include "passes/evaluate.h"
#include "passes/pipeline.h"
#include "support/compare.h"
#include "support/session.h"

namespace tn::test {
namespace {

enum class Variant : uint8_t { Plain, WithoutPasses, Followed };

struct Case {
  std::string_view op, text;
  Variant variant;
};
void PrintTo(const Case& c, std::ostream* out) {
  *out << c.text;
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const ops::OpEntry* entry : ops::all_ops()) {
    for (const std::string_view text : entry->cases) {
      for (const Variant variant : {Variant::Plain, Variant::WithoutPasses, Variant::Followed})
        cases.push_back({entry->name, text, variant});
    }
  }
  return cases;
}

// Numbers between -2 and 2 without a pattern; integers that are small, or 0 and 1 where they must index.
ConstantPtr sample(const TensorType& type, int seed, bool binary) {
  return Constant::make(type.type, *type.static_shape(), [&](const TensorView& view) {
    for (int64_t i = 0; i < view.elements(); ++i) {
      const int64_t mixed = (i + 17 * seed) * 7919 % 1009;
      if (is_float(type.type))
        store_double(view, i, 4 * static_cast<double>(mixed) / 1009 - 2);
      else if (binary || type.type == DataType::Bool)
        store_int64(view, i, mixed % 2);
      else
        store_int64(view, i, mixed % 7 - (is_signed_integer(type.type) ? 2 : 0));
    }
  });
}

std::vector<ConstantPtr> sample_inputs(const Graph& graph, bool binary) {
  std::vector<ConstantPtr> inputs;
  for (const TensorId id : graph.inputs()) inputs.push_back(sample(graph.tensor(id).type, id, binary));
  return inputs;
}

void add_follower(Graph& graph) {
  std::vector<TensorId> outputs = graph.outputs();
  for (TensorId& output : outputs) {
    if (!is_float(graph.tensor(output).type.type)) continue;
    output = graph.add("follower", ops::make_op_by_name("LeakyRelu"), {output});
  }
  graph.set_outputs(outputs);
}

class Conformance : public testing::TestWithParam<Case> {};

TEST_P(Conformance, MatchesTheDefinition) {
  Graph graph = parse_case(GetParam().text, ops::make_op_by_name);
  if (GetParam().variant == Variant::Followed) add_follower(graph);
  for (const TensorId id : graph.outputs()) {
    if (!graph.tensor(id).type.static_shape()) GTEST_SKIP() << "the extents of the result depend on data";
  }
  std::vector<ConstantPtr> inputs = sample_inputs(graph, false), expected;
  try {
    expected = passes::evaluate(graph, inputs);
  } catch (const Error&) {
    inputs = sample_inputs(graph, true);
    expected = passes::evaluate(graph, inputs);
  }
  std::map<std::string, Value> values;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const auto bytes = inputs[i]->bytes();
    values[graph.tensor(graph.inputs()[i]).name] = {inputs[i]->type(), inputs[i]->dims(), {bytes.begin(), bytes.end()}};
  }
  std::set<std::string, std::less<>> disabled;
  if (GetParam().variant == Variant::WithoutPasses) {
    for (const passes::Pass& pass : passes::pipeline()) disabled.emplace(pass.name);
  }
  const auto results = build_and_run(graph, values, 1, nullptr, disabled);
  ASSERT_EQ(results.size(), expected.size());
  for (size_t i = 0; i < results.size(); ++i) {
    ASSERT_EQ(results[i].type, expected[i]->type());
    EXPECT_EQ(difference(results[i].view(), expected[i]->view(), tolerance_for(results[i].type, graph)), "")
        << "output " << i;
  }
}

std::string name_of_case(const testing::TestParamInfo<Case>& info) {
  constexpr std::string_view kVariants[] = {"plain", "without_passes", "followed"};
  std::string name(info.param.op);
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
  return fmt::format("{}_{}_{}", name, info.index / 3, kVariants[static_cast<size_t>(info.param.variant)]);
}

INSTANTIATE_TEST_SUITE_P(Operators, Conformance, testing::ValuesIn(all_cases()), name_of_case);

}  // namespace
}  // namespace tn::test
