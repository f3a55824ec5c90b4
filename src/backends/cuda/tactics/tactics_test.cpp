// SPDX-License-Identifier: Apache-2.0
// Every case of every operator, lowered for the device by the table's first tactic: its texts compile.
#include <gtest/gtest.h>

#include "backends/cuda/codegen/nvrtc.h"
#include "backends/cuda/tactics/launch.h"
#include "backends/cuda/tactics/table.h"
#include "base/error.h"
#include "ir/text.h"
#include "ops/entry.h"
#include "tuning/graph_lowering.h"
#include "tuning/layout.h"
#include "tuning/retype.h"

namespace tn::cuda {
namespace {

struct Text {
  std::string source, entry;
};

/// Keeps the texts.
class Collector final : public TextCompiler {
 public:
  std::vector<std::byte> compile(const std::string& source, const std::string& entry) override {
    texts.push_back({source, entry});
    return std::vector<std::byte>(1);
  }
  void prefetch(const std::string&, const std::string&) override {}
  std::vector<Text> texts;
};

class FirstTactic final : public Selector {
 public:
  explicit FirstTactic(const Target& target) : target_(target) {}
  Choice select(const Region& region) override {
    for (const Tactic* tactic : backend().tactics) {
      if (!tactic->supports(region, target_)) continue;
      return {tactic, tactic->configs(region, target_).front()};
    }
    throw Error(ErrorCode::Unsupported, "no tactic takes {}", region.operators());
  }
  Alone alone() override { return {*this, target_}; }

 private:
  const Target& target_;
};

std::vector<Text> texts_of(const Graph& graph) {
  for (const TensorId id : graph.outputs())
    if (!graph.tensor(id).type.static_shape()) return {};  // extents that only running tells: the host's work
  Collector collector;
  const DeviceTarget device{.architecture = "sm_90", .compiler = &collector, .copy = copy_step};
  Target target;
  target.device = &device;
  WeightStore weights;
  ProfileBuilder builder({}, {}, weights);
  std::vector<int> inputs;
  int binding = 0;
  for (const TensorId id : graph.inputs()) {
    const Tensor& tensor = graph.tensor(id);
    inputs.push_back(builder.add_binding(tensor.name, tensor.type, row_major_strides(tensor.type.dims), binding++));
  }
  FirstTactic selector(target);
  GraphLowering(graph, target, selector, builder).run(0, inputs);
  return std::move(collector.texts);
}

// The case's only node with its operands in f32 and its results in f16; nothing if it has no such form.
std::optional<Graph> narrowing(const Graph& graph) {
  const auto order = graph.order();
  if (order.size() != 1) return std::nullopt;
  const Node& node = graph.node(order[0]);
  const Retyping rule = retyping_of(graph, node);
  if (rule.fixed || rule.in_place || rule.inputs.empty() || rule.outputs.empty()) return std::nullopt;
  Graph narrow =
      isolate(graph, node, rule,
              {std::vector(node.inputs.size(), DataType::F32), std::vector(node.outputs.size(), DataType::F16)});
  if (!region_of(narrow, narrow.node(narrow.order()[0]))) return std::nullopt;
  return narrow;
}

struct Case {
  std::string_view op, text;
};
void PrintTo(const Case& c, std::ostream* out) {
  *out << c.text;
}

std::vector<Case> cases() {
  std::vector<Case> cases;
  for (const ops::OpEntry* entry : ops::all_ops())
    for (const std::string_view text : entry->cases) cases.push_back({entry->name, text});
  return cases;
}

class TacticTexts : public testing::TestWithParam<Case> {};

TEST_P(TacticTexts, Compile) {
  std::vector<Text> texts;
  try {
    Nvrtc::get();
    const Graph graph = parse_case(GetParam().text, ops::make_op_by_name);
    texts = texts_of(graph);
    if (const auto narrow = narrowing(graph))
      for (Text& text : texts_of(*narrow)) texts.push_back(std::move(text));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::Unsupported && error.code() != ErrorCode::NotFound) throw;
    GTEST_SKIP() << error.what();
  }
  for (const Text& text : texts) {
    const auto compiled = Nvrtc::get().compile(text.source, text.entry, "sm_90");
    ASSERT_TRUE(compiled.ok) << compiled.log << text.source.substr(text.source.find("typedef unsigned index_t"));
    EXPECT_EQ(resources_in(compiled.log, text.entry).spill_bytes, 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Operators, TacticTexts, testing::ValuesIn(cases()),
                         [](const auto& test) { return fmt::format("{}_{}", test.index, test.param.op); });

}  // namespace
}  // namespace tn::cuda
