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

std::vector<Text> texts_of(std::string_view text) {
  const Graph graph = parse_case(text, ops::make_op_by_name);
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
    texts = texts_of(GetParam().text);
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
