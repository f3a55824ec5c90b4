// SPDX-License-Identifier: Apache-2.0
// Tactics in the variants that tuning would be offered, for regions of all kinds, against the definitions, out of
// memory that is full of NaN. On a GPU all of them; where the host plays one, some of each region, or all with
// --every-way.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <span>

#include "backends/cpu/device/kernel_table.h"
#include "backends/cuda/tactics/launch.h"
#include "cuda/candidate_networks.h"
#include "cuda/machine.h"
#include "engine/plan_generated.h"
#include "ir/text.h"
#include "ops/entry.h"
#include "passes/evaluate.h"
#include "support/compare.h"
#include "support/schedule.h"
#include "support/session.h"
#include "support/ways.h"
#include "tuning/retype.h"

namespace tn::test {
namespace {

/// In which type a network's tensors lie; TF32 is f32 whose products may round.
enum class Kind : uint8_t { F32, TF32, F16, BF16 };

DataType storage_of(Kind kind) {
  return kind == Kind::F16 ? DataType::F16 : kind == Kind::BF16 ? DataType::BF16 : DataType::F32;
}

bool& every_way() {
  static bool every = false;
  return every;
}

std::string with_hashes(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '$')
      result += "#0123456789abcdef0123456789abcdef";
    else
      result += c;
  }
  return result;
}

// The network between inputs and outputs of the type.
Graph between(const Graph& inner, DataType type) {
  if (type == DataType::F32) return inner;
  Graph graph;
  std::map<TensorId, TensorId> made;
  for (const TensorId id : inner.inputs()) {
    const Tensor& tensor = inner.tensor(id);
    const TensorId input = graph.add_input(tensor.name, {type, tensor.type.dims});
    made[id] = graph.add(tensor.name + "_wide", cast_op(DataType::F32), {input});
  }
  for (const NodeId id : inner.order()) {
    const Node& node = inner.node(id);
    std::vector<TensorId> inputs;
    for (const TensorId input : node.inputs) {
      if (input != kNone && !made.contains(input))
        made[input] = graph.add_constant(inner.tensor(input).name, inner.tensor(input).constant);
      inputs.push_back(input == kNone ? kNone : made[input]);
    }
    const auto outputs = graph.add_node(node.name, node.op, inputs, node.bodies);
    for (size_t i = 0; i < outputs.size(); ++i) made[node.outputs[i]] = outputs[i];
  }
  std::vector<TensorId> outputs;
  for (const TensorId id : inner.outputs())
    outputs.push_back(graph.add(inner.tensor(id).name + "_narrow", cast_op(type), {made[id]}));
  graph.set_outputs(outputs);
  return graph;
}

Shape shape_of(const TensorType& type, const std::map<std::string, int64_t>& sizes) {
  Shape shape;
  for (const Dim& dim : type.dims) shape.push_back(dim.evaluate(sizes));
  return shape;
}

OptimizationProfile profile_of(const Graph& graph, const CandidateNetwork& network) {
  OptimizationProfile profile;
  for (const TensorId id : graph.inputs()) {
    const Tensor& tensor = graph.tensor(id);
    Shape least = shape_of(tensor.type, network.sizes[0]), most = least;
    for (const auto& sizes : network.sizes) {
      const Shape shape = shape_of(tensor.type, sizes);
      for (int i = 0; i < shape.rank(); ++i)
        least[i] = std::min(least[i], shape[i]), most[i] = std::max(most[i], shape[i]);
    }
    profile[tensor.name] = {least, shape_of(tensor.type, network.sizes.back()), most};
  }
  return profile;
}

ConstantPtr sample(DataType type, const Shape& shape, std::mt19937& numbers) {
  return Constant::make(type, shape, [&](const TensorView& view) {
    std::uniform_real_distribution<double> values(-1, 1);
    for (int64_t i = 0; i < view.elements(); ++i) store_double(view, i, values(numbers));
  });
}

// As many errors as the largest results can have: those near zero are differences of such.
Tolerance tolerance_for(Kind kind, const TensorView& expected) {
  constexpr Tolerance kTf32 = {1e-3, 1e-3};  // half an ulp of 10 bits in both operands
  Tolerance tolerance = kind == Kind::TF32 ? kTf32 : test::tolerance_for(storage_of(kind));
  double largest = 1;
  for (Walk walk(expected.dims, {expected.strides}); walk.more(); walk.next())
    largest = std::max(largest, std::fabs(load_double(expected, walk.offset(0))));
  tolerance.absolute *= largest;
  return tolerance;
}

/// Inputs for one set of extents, and what must come out.
struct Trial {
  std::map<std::string, Value> inputs;
  std::vector<ConstantPtr> expected;
};

std::vector<Trial> runs_of(const Graph& graph, const CandidateNetwork& network) {
  std::vector<Trial> runs;
  std::mt19937 numbers(7);
  for (const auto& sizes : network.sizes) {
    Trial& trial = runs.emplace_back();
    std::vector<ConstantPtr> inputs;
    for (const TensorId id : graph.inputs()) {
      const Tensor& tensor = graph.tensor(id);
      inputs.push_back(sample(tensor.type.type, shape_of(tensor.type, sizes), numbers));
      const auto bytes = inputs.back()->bytes();
      trial.inputs[tensor.name] = {tensor.type.type, inputs.back()->dims(), {bytes.begin(), bytes.end()}};
    }
    trial.expected = passes::evaluate(graph, inputs);
  }
  return runs;
}

struct Case {
  const CandidateNetwork* network;
  Kind kind;
};
void PrintTo(const Case& c, std::ostream* out) {
  *out << c.network->text;
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const auto networks : {window_networks(), product_networks()})
    for (const CandidateNetwork& network : networks)
      for (const Kind kind : {Kind::F16, Kind::TF32, Kind::BF16, Kind::F32}) cases.push_back({&network, kind});
  return cases;
}

class Candidates : public testing::TestWithParam<Case> {};

TEST_P(Candidates, MatchTheDefinition) {
  const auto& [network, kind] = GetParam();
  const Graph graph = between(parse_graph(with_hashes(network->text), ops::make_op_by_name), storage_of(kind));
  DeviceTarget target{.architecture = "sm_90",
                      .machine = "",
                      .host_kernels = cpu::find_kernel,
                      .allow_tf32 = kind == Kind::TF32,
                      .copy = cuda::copy_step};
  static size_t turn = 0;  // so that other variants have theirs in the next region
  target.architecture = machine().device.architecture();
  target.device = &machine().device;
  target.compiler = &machine().compiler;
  const Ways ways(graph, profile_of(graph, *network), target, storage_of(kind));
  const std::vector<Trial> runs = runs_of(graph, *network);
  const size_t number = ways.all().size(), most = machine().is_played && !every_way() ? 3 : SIZE_MAX,
               step = 1 + (number - 1) / most;
  for (size_t next = turn++ % step; next < number; next += step) {
    const Ways::Way& way = ways.all()[next];
    const auto engine = ways.engine(way);
    EXPECT_EQ(schedule_fault(*engine->plan().profiles[0]), "") << ways.name(way);
    for (const Trial& trial : runs) {
      const auto results = tn::test::run(engine, trial.inputs, &machine().device);
      for (size_t i = 0; i < results.size(); ++i) {
        const TensorView expected = trial.expected[i]->view();
        EXPECT_EQ(difference(results[i].view(), expected, tolerance_for(kind, expected)), "")
            << ways.name(way) << ", output " << i << " " << to_string(expected.dims);
      }
    }
  }
  RecordProperty("ways", static_cast<int>(ways.all().size()));
}

std::string name_of_case(const testing::TestParamInfo<Case>& info) {
  constexpr std::string_view kKinds[] = {"f32", "tf32", "f16", "bf16"};
  return fmt::format("{}_{}", info.param.network->name, kKinds[static_cast<size_t>(info.param.kind)]);
}

INSTANTIATE_TEST_SUITE_P(Networks, Candidates, testing::ValuesIn(all_cases()), name_of_case);

}  // namespace
}  // namespace tn::test

int main(int count, char** arguments) {
  testing::InitGoogleTest(&count, arguments);
  for (const std::string_view argument : std::span(arguments, static_cast<size_t>(count)).subspan(1))
    tn::test::every_way() |= argument == "--every-way";
  return RUN_ALL_TESTS();
}
