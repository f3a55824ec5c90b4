// SPDX-License-Identifier: Apache-2.0
// Operators whose operands are stored in f16 and bf16 although the network is f32: every kernel that can, against the
// operator's definition.
#include <gtest/gtest.h>

#include <algorithm>

#include "backends/cpu/kernels/simd/isa.h"
#include "ir/text.h"
#include "ops/entry.h"
#include "passes/evaluate.h"
#include "support/compare.h"
#include "support/session.h"
#include "support/ways.h"

namespace tn::test {
namespace {

// Numbers that every float type holds exactly.
ConstantPtr sample(const TensorType& type, int seed) {
  return Constant::make(type.type, *type.static_shape(), [&](const TensorView& view) {
    for (int64_t i = 0; i < view.elements(); ++i) {
      const int64_t mixed = (i + 17 * seed) * 7919 % 1009;
      if (is_float(type.type))
        store_double(view, i, static_cast<double>(mixed % 65 - 32) / 32);
      else
        store_int64(view, i, mixed % 2);
    }
  });
}

// The node of a case between two elementwise nodes, where the types can change. Inputs like the first read the same,
// others are constants.
Graph surrounded(const Graph& one) {
  Graph graph;
  std::map<TensorId, TensorId> made;
  const Node& node = one.node(one.order()[0]);
  std::vector<TensorId> inputs;
  for (const TensorId id : node.inputs) {
    if (id == kNone) {
      inputs.push_back(kNone);
      continue;
    }
    const Tensor& tensor = one.tensor(id);
    const auto [entry, fresh] = made.try_emplace(id, kNone);
    const TensorId first = one.inputs().empty() ? kNone : one.inputs()[0];
    if (fresh && id != first && !tensor.constant && made.contains(first) && one.tensor(first).type == tensor.type) {
      entry->second = made[first];
    } else if (fresh && tensor.constant) {
      entry->second = graph.add_constant(tensor.name, tensor.constant);
    } else if (fresh && !graph.inputs().empty()) {
      entry->second = graph.add_constant(tensor.name, sample(tensor.type, id));
    } else if (fresh) {
      entry->second = graph.add_input(tensor.name, tensor.type);
      if (tensor.type.type == DataType::F32)
        entry->second = graph.add("before", ops::make_op_by_name("Neg"), {entry->second});
    }
    inputs.push_back(entry->second);
  }
  std::vector<TensorId> outputs = graph.add_node(node.name, node.op, inputs, node.bodies);
  for (TensorId& output : outputs) {
    if (graph.tensor(output).type.type == DataType::F32)
      output = graph.add("after", ops::make_op_by_name("Neg"), {output});
  }
  graph.set_outputs(outputs);
  return graph;
}

// Whether an operand of a node with this operator is narrow.
bool is_narrow(const Graph& graph, std::string_view op) {
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    const auto region = region_of(graph, node);
    if (!region || region->operators() != op) continue;
    for (const TensorId output : node.outputs) {
      const DataType type = graph.tensor(output).type.type;
      if (type == DataType::F16 || type == DataType::BF16) return true;
    }
  }
  return false;
}

struct Case {
  std::string_view op, text;
  DataType type;
};
void PrintTo(const Case& c, std::ostream* out) {
  *out << name_of(c.type) << " " << c.text;
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const ops::OpEntry* entry : ops::all_ops()) {
    for (const std::string_view text : entry->cases) {
      if (text.find("f32") == std::string_view::npos) continue;
      for (const DataType type : {DataType::F16, DataType::BF16}) cases.push_back({entry->name, text, type});
    }
  }
  for (const std::string_view text :
       {"Conv(f32[2,16,7,9], f32[16,1,3,3], f32[16]) {strides=[1,1], dilations=[1,1], pads=[1,1,1,1], group=16}",
        "Conv(f32[1,16,9,9], f32[24,16,3,3], f32[24]) {strides=[1,1], dilations=[1,1], pads=[1,1,1,1]}"}) {
    for (const DataType type : {DataType::F16, DataType::BF16}) cases.push_back({"Conv", text, type});
  }
  return cases;
}

class NarrowTypes : public testing::TestWithParam<Case> {};

TEST_P(NarrowTypes, MatchTheDefinition) {
  Graph graph;
  try {
    graph = surrounded(parse_case(GetParam().text, ops::make_op_by_name));
  } catch (const Error&) {
    GTEST_SKIP() << "the operator does not take constants like these";
  }
  for (const TensorId id : graph.outputs()) {
    if (!graph.tensor(id).type.static_shape()) GTEST_SKIP() << "the extents of the result depend on data";
  }
  if (graph.inputs().empty()) GTEST_SKIP() << "all operands are constants";
  const TensorId input = graph.inputs()[0];
  const ConstantPtr data = sample(graph.tensor(input).type, 1);
  const auto expected = passes::evaluate(graph, std::vector{data});
  const Tolerance narrow = tolerance_for(GetParam().type, graph);
  NarrowIsCheap costs;
  apply_types(graph, assign_types(graph, place_backend(), place_target(), GetParam().type, costs));
  const auto bytes = data->bytes();
  const auto results =
      build_and_run(graph, {{graph.tensor(input).name, {data->type(), data->dims(), {bytes.begin(), bytes.end()}}}});
  ASSERT_EQ(results.size(), expected.size());
  for (size_t i = 0; i < results.size(); ++i) {
    ASSERT_EQ(results[i].type, expected[i]->type());
    const Tolerance tolerance = is_float(results[i].type) ? narrow : tolerance_for(results[i].type);
    EXPECT_EQ(difference(results[i].view(), expected[i]->view(), tolerance), "") << "output " << i;
  }
}

std::string name_of_case(const testing::TestParamInfo<Case>& info) {
  return fmt::format("{}_{}_{}", info.param.op, info.index / 2, name_of(info.param.type));
}

INSTANTIATE_TEST_SUITE_P(Operators, NarrowTypes, testing::ValuesIn(all_cases()), name_of_case);

TEST(NarrowTypes, EveryKernelThatStoresThemIsReached) {
  std::vector<std::pair<std::string_view, DataType>> wanted;
  for (const std::string_view op :
       {"Add", "Attention", "AveragePool", "Concat", "Conv", "Gather", "LayerNormalization", "MaxPool",
        "RMSNormalization", "Reduce", "Resize", "Reshape", "Slice", "Softmax", "Split", "Tanh", "Transpose", "Where"}) {
    for (const DataType type : {DataType::F16, DataType::BF16}) wanted.emplace_back(op, type);
  }
  const bool on_device = place_target().device != nullptr;
  if (on_device) {
    for (const DataType type : {DataType::F16, DataType::BF16}) wanted.emplace_back("MatMul", type);
  }
  if (!on_device && best_isa() == Isa::Avx512Fp16) wanted.emplace_back("MatMul", DataType::F16);
  for (const auto& [op, type] : wanted) {
    bool reached = false;
    for (const Case& c : all_cases()) {
      if (c.op != op || c.type != type) continue;
      try {
        Graph graph = surrounded(parse_case(c.text, ops::make_op_by_name));
        NarrowIsCheap costs;
        apply_types(graph, assign_types(graph, place_backend(), place_target(), type, costs));
        reached |= is_narrow(graph, op);
      } catch (const Error&) {  // a case whose operands cannot be constants
      }
    }
    EXPECT_TRUE(reached) << op << " in " << name_of(type);
  }
}

}  // namespace
}  // namespace tn::test
