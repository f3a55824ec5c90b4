// SPDX-License-Identifier: Apache-2.0
#include "tuning/assign.h"

#include <gtest/gtest.h>

#include "ir/text.h"
#include "ops/entry.h"
#include "tuning/hold_types.h"

namespace tn {
namespace {

// Runs everything; by default only with operands of one float type.
class AnyRegion final : public Tactic {
 public:
  explicit AnyRegion(bool mixes) : mixes_(mixes) {}
  std::string_view name() const override { return "any"; }
  Support supports(const Region& region, const Target&) const override {
    std::optional<DataType> type;
    const auto agrees = [&](const TensorType& operand) {
      if (!is_float(operand.type)) return true;
      if (!type) type = operand.type;
      return *type == operand.type;
    };
    bool uniform = true;
    for (int i = 0; i < region.inputs(); ++i) {
      if (region.has_input(i) && !region.input(i).constant) uniform &= agrees(region.input_type(i));
    }
    for (int i = 0; i < region.outputs(); ++i) uniform &= agrees(region.output_type(i));
    return mixes_ || uniform ? Support{} : Support::no("mixed types");
  }
  void lower(const Region&, const std::string&, RegionLowering&) const override {}

 private:
  bool mixes_;
};

// Times by operator: in f32, and with f16 anywhere.
class Table final : public RegionCosts {
 public:
  std::map<std::string, std::pair<double, double>, std::less<>> times;
  double conversion = 3;
  double microseconds(const Region& region) override {
    const std::string name = region.operators();
    if (name == "Cast") return conversion;
    bool narrow = region.output_type(0).type == DataType::F16;
    for (int i = 0; i < region.inputs(); ++i) narrow |= region.input_type(i).type == DataType::F16;
    const auto found = times.find(name);
    if (found == times.end()) return 0;
    return narrow ? found->second.second : found->second.first;
  }
};

struct Assigned {
  Graph graph;
  TypeAssignment assignment;
  std::string types;  ///< of all nodes' outputs, in order: "Sin:f16 Cos:f32"
};

Assigned assign(std::string_view text, Table& table, bool mixes = false, const Target& target = {}) {
  static const AnyRegion kUniform(false), kMixed(true);
  const Tactic* const tactics[] = {mixes ? &kMixed : &kUniform};
  const Backend backend = {"fake", tactics, nullptr};
  Assigned result{parse_graph(text, ops::make_op_by_name), {}, ""};
  result.assignment = assign_types(result.graph, backend, target, DataType::F16, table);
  apply_types(result.graph, result.assignment);
  for (const NodeId id : result.graph.order()) {
    const Node& node = result.graph.node(id);
    const auto region = region_of(result.graph, node);
    result.types += fmt::format("{}{}:{}", result.types.empty() ? "" : " ", region->operators(),
                                name_of(result.graph.tensor(node.outputs[0]).type.type));
  }
  return result;
}

constexpr std::string_view kChain = R"(graph main(x: f32[8,64]) {
  a = Sin(x)
  b = Cos(a)
  c = Tan(b)
  d = Exp(c)
  return d
})";

TEST(AssignTypes, OnADeviceNearlyAsFastIsFastEnough) {
  constexpr std::string_view text = R"(graph main(x: f32[8,64]) {
    a = Sin(x)
    b = Cos(a)
    c = Tan(b)
    return c
  })";
  const DeviceTarget device;
  Target target;
  target.device = &device;
  Table table;
  table.conversion = 0;
  table.times = {{"Cos", {100, 110}}};
  EXPECT_EQ(assign(text, table).types.find("f16"), std::string::npos);
  EXPECT_NE(assign(text, table, false, target).types.find("Cos:f16"), std::string::npos);
  table.times = {{"Cos", {100, 120}}};
  EXPECT_EQ(assign(text, table, false, target).types.find("f16"), std::string::npos);
}

TEST(AssignTypes, AChainTurnsWholly) {
  Table table;
  for (const auto* op : {"Sin", "Cos", "Tan"}) table.times[op] = {10, 5};
  table.times["Exp"] = {10, 20};
  const Assigned result = assign(kChain, table);
  EXPECT_EQ(result.types, "Cast:f16 Sin:f16 Cos:f16 Tan:f16 Cast:f32 Exp:f32");
  EXPECT_DOUBLE_EQ(result.assignment.f32_cost, 40);
  EXPECT_DOUBLE_EQ(result.assignment.cost, 3 + 5 + 5 + 5 + 3 + 10);
}

TEST(AssignTypes, ConversionsKeepAnIslandAsItsSurroundings) {
  Table table;
  table.times = {{"Sin", {10, 10}}, {"Cos", {10, 5}}, {"Tan", {10, 10}}, {"Exp", {10, 20}}};
  EXPECT_EQ(assign(kChain, table).types, "Sin:f32 Cos:f32 Tan:f32 Exp:f32");
  table.conversion = 2;
  EXPECT_EQ(assign(kChain, table).types, "Sin:f32 Cast:f16 Cos:f16 Cast:f32 Tan:f32 Exp:f32");
  table.times = {{"Sin", {10, 1}}, {"Cos", {4, 5}}, {"Tan", {10, 1}}, {"Exp", {10, 20}}};
  EXPECT_EQ(assign(kChain, table).types, "Cast:f16 Sin:f16 Cos:f16 Tan:f16 Cast:f32 Exp:f32");
}

TEST(AssignTypes, NothingChangesWithoutGain) {
  Table table;
  for (const auto* op : {"Sin", "Cos", "Tan", "Exp"}) table.times[op] = {10, 10};
  table.conversion = 0;
  const Assigned result = assign(kChain, table, true);
  EXPECT_EQ(result.types, "Sin:f32 Cos:f32 Tan:f32 Exp:f32");
  EXPECT_DOUBLE_EQ(result.assignment.saving(), 0);
}

TEST(AssignTypes, ElementwiseNodesConvertByThemselvesAndGainByOperand) {
  Table table;
  for (const auto* op : {"Sin", "Cos", "Tan", "Exp"}) table.times[op] = {10, 5};
  const Assigned result = assign(kChain, table, true);
  EXPECT_EQ(result.types, "Sin:f16 Cos:f16 Tan:f16 Exp:f32");
  EXPECT_DOUBLE_EQ(result.assignment.cost, 7.5 + 5 + 5 + 7.5);
  for (const NodeId id : result.graph.order()) EXPECT_EQ(result.graph.node(id).op->name(), "Region");
}

TEST(AssignTypes, ReadersShareAConversion) {
  Table table;
  table.times = {{"Sin", {10, 20}}, {"Cos", {10, 8}}, {"Tan", {10, 8}}};
  const std::string text = R"(graph main(x: f32[8,64]) {
    a = Sin(x)
    b = Cos(a)
    c = Tan(a)
    d = Concat(b, c) {axis=0}
    e = Sin(d)
    return e
  })";
  table.conversion = 2.1;
  EXPECT_EQ(assign(text, table).types, "Sin:f32 Cos:f32 Tan:f32 Concat:f32 Sin:f32");
  table.conversion = 1.9;
  EXPECT_EQ(assign(text, table).types, "Sin:f32 Cast:f16 Cos:f16 Tan:f16 Concat:f16 Cast:f32 Sin:f32");
}

TEST(AssignTypes, MovesFollowTheirNeighboursWithTheirConstants) {
  Table table;
  for (const auto* op : {"Sin", "Cos"}) table.times[op] = {100, 1};
  const Assigned result = assign(R"(graph main(x: f32[8,64]) {
    constant k: f32[1,64] = #0123456789abcdef0123456789abcdef
    a = Sin(x)
    b = Concat(a, k) {axis=0}
    c = Transpose(b) {perm=[1,0]}
    d = Cos(c)
    return d
  })",
                                 table, true);
  EXPECT_EQ(result.types, "Sin:f16 Concat:f16 Transpose:f16 Cos:f32");
}

TEST(AssignTypes, WhatWouldOverflowStaysF32) {
  Table table;
  for (const auto* op : {"Mul", "Unsqueeze", "Sin", "Cos"}) table.times[op] = {100, 1};
  // The mask may go into what reads f32 beside f16, but is never converted.
  const std::string text = R"(graph main(x: f32[64], y: f32[1,64]) {
    m = Mul(x, f32[]{-1000000000.0})
    u = Unsqueeze(m, i64[1]{0})
    s = Add(u, y)
    t = Sin(s)
    z = Cos(t)
    return z
  })";
  table.times["Add"] = {100, 1};
  EXPECT_EQ(assign(text, table).types, "Mul:f32 Unsqueeze:f32 Add:f32 Cast:f16 Sin:f16 Cast:f32 Cos:f32");
  EXPECT_EQ(assign(text, table, true).types, "Mul:f32 Unsqueeze:f32 Add:f16 Sin:f16 Cos:f32");
}

TEST(AssignTypes, IsAFunctionOfGraphAndCosts) {
  Table table;
  for (const auto* op : {"Sin", "Cos", "Tan"}) table.times[op] = {10, 5};
  EXPECT_EQ(to_text(assign(kChain, table).graph), to_text(assign(kChain, table).graph));
}

/// The chain with layers held by operator; operators without a kernel for narrow operands in `f32_only`.
struct Held {
  std::map<std::string, Precision, std::less<>> layers;
  bool others = true;
  bool kernels = true, mixes = false;
  std::vector<UnmetPrecision> unmet = {};
};

std::string assign_held(std::string_view text, Table& table, Held& held) {
  static const AnyRegion kUniform(false), kMixed(true);
  static const class F32Only final : public Tactic {
   public:
    std::string_view name() const override { return "f32"; }
    Support supports(const Region& region, const Target&) const override {
      bool narrow = region.output_type(0).type == DataType::F16;
      for (int i = 0; i < region.inputs(); ++i) narrow |= region.input_type(i).type == DataType::F16;
      narrow &= region.operators() != "Cast";
      return narrow ? Support::no("takes f32") : Support{};
    }
    void lower(const Region&, const std::string&, RegionLowering&) const override {}
  } kF32Only;
  const Tactic* const tactics[] = {!held.kernels ? static_cast<const Tactic*>(&kF32Only)
                                   : held.mixes  ? &kMixed
                                                 : &kUniform};
  const Backend backend = {"fake", tactics, nullptr};
  const Target target;
  Graph graph = parse_graph(text, ops::make_op_by_name);
  Precisions precisions;
  for (const NodeId id : graph.order()) {
    const auto found = held.layers.find(graph.node(id).op->name());
    if (found != held.layers.end()) precisions.hold(id, found->second);
  }
  held.unmet = write_out_precisions(graph, backend, target, precisions);
  const TypeRules rules{&precisions, held.others};
  apply_types(graph, assign_types(
                         graph, backend, target, DataType::F16, table, [] {}, rules));
  std::string types;
  for (const NodeId id : graph.order()) {
    const auto region = region_of(graph, graph.node(id));
    types += fmt::format("{}{}:{}", types.empty() ? "" : " ", region->operators(),
                         name_of(graph.tensor(graph.node(id).outputs[0]).type.type));
  }
  return types;
}

const Precision kHalf{DataType::F16, false, false, {"layer"}};

TEST(HeldTypes, AreTakenAtAnyCostAndOnlyByTheLayersThatAreHeld) {
  Table table;
  table.times = {{"Sin", {10, 1}}, {"Cos", {10, 1000}}, {"Tan", {10, 1}}, {"Exp", {10, 1}}};
  Held held{{{"Cos", kHalf}}, false};
  EXPECT_EQ(assign_held(kChain, table, held), "Sin:f32 Cast:f16 Cos:f16 Cast:f32 Tan:f32 Exp:f32");
  held.layers = {{"Cos", kHalf}, {"Tan", kHalf}};
  EXPECT_EQ(assign_held(kChain, table, held), "Sin:f32 Cast:f16 Cos:f16 Tan:f16 Cast:f32 Exp:f32");
  held.layers = {{"Sin", kHalf}, {"Exp", kHalf}};
  held.mixes = true;
  EXPECT_EQ(assign_held(kChain, table, held), "Cast:f16 Sin:f16 Cos:f32 Tan:f16 Exp:f16 Cast:f32")
      << "what only held layers read is stored as they take it";
  EXPECT_TRUE(held.unmet.empty());
}

TEST(HeldTypes, OthersChooseAroundThem) {
  Table table;
  for (const auto* op : {"Sin", "Cos", "Tan", "Exp"}) table.times[op] = {100, 5};
  Held held{{{"Cos", {DataType::F32, false, false, {"layer"}}}}};
  EXPECT_EQ(assign_held(kChain, table, held), "Cast:f16 Sin:f16 Cast:f32 Cos:f32 Cast:f16 Tan:f16 Cast:f32 Exp:f32");
}

TEST(HeldTypes, WithoutAKernelConversionsRoundAround) {
  Table table;
  Held held{{{"Cos", kHalf}, {"Tan", kHalf}}, false, false};
  EXPECT_EQ(assign_held(kChain, table, held),
            "Sin:f32 Cast:f16 Cast:f32 Cos:f32 Cast:f16 Cast:f32 Tan:f32 Cast:f16 Cast:f32 Exp:f32");
  Precision wide = kHalf;
  wide.gives_f32 = true;
  held.layers = {{"Cos", wide}};
  EXPECT_EQ(assign_held(kChain, table, held), "Sin:f32 Cast:f16 Cast:f32 Cos:f32 Tan:f32 Exp:f32");
  EXPECT_TRUE(held.unmet.empty());
}

TEST(HeldTypes, WhatCannotBeIsNamedWithTheReason) {
  Table table;
  Held held{{{"Mul", kHalf}}, false};
  EXPECT_EQ(assign_held("graph main(x: f32[64]) { m = Mul(x, f32[]{-1000000000.0}) e = Exp(m) return e }", table, held),
            "Mul:f32 Exp:f32");
  ASSERT_EQ(held.unmet.size(), 1u);
  EXPECT_EQ(held.unmet[0].layer, "layer");
  EXPECT_EQ(held.unmet[0].reason, "one of its constants is beyond what f16 holds");
}

}  // namespace
}  // namespace tn
