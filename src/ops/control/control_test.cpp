// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/error.h"
#include "ops/control/if.h"
#include "ops/control/region.h"
#include "ops/op_test.h"
#include "ops/shape/identity.h"

namespace tn::ops {
namespace {

using import::Body;
using import::Value;

const Dim kN = Dim::symbol("N");

// Branches over tensors x and y of the graph around them.
class Branches final : public import::BodySource {
 public:
  Branches(Graph& around, TensorId x, TensorId y) : around_(around), x_(x), y_(y) {}
  Body import_body(std::string_view name, std::span<const TensorType>) override {
    Body body;
    const bool first = name == "then_branch";
    body.captures = {first ? x_ : y_};
    const TensorId in = body.graph.add_input("in", around_.tensor(body.captures[0]).type);
    body.graph.set_outputs({body.graph.add("id", std::make_shared<Identity>(), {in})});
    return body;
  }
  std::vector<Value> import_inline(std::string_view name, std::span<const Value>) override {
    return {name == "then_branch" ? x_ : y_};
  }

 private:
  Graph& around_;
  TensorId x_, y_;
};

std::vector<TensorId> import_if(GraphBuilder& b, TensorId condition, TensorId x, TensorId y) {
  Branches branches(b.graph, x, y);
  import::NodeView node(b.graph);
  node.name = "if";
  node.inputs = {condition};
  node.bodies = &branches;
  return find_onnx_importer("", "If", 16)->import(node);
}

TEST(If, TakesTheBranchThatIsKnown) {
  GraphBuilder b;
  const TensorId x = b.input(DataType::F32, {kN}), y = b.input(DataType::F32, {kN, 1});
  EXPECT_EQ(import_if(b, b.constant(tensor_of(DataType::Bool, {}, {1})), x, y)[0], x);
  const TensorId condition = b.input(DataType::Bool, {});
  b.graph.edit_tensor(condition).value = Dims{0};
  EXPECT_EQ(import_if(b, condition, x, y)[0], y);
}

TEST(If, JoinsCapturesAndExtents) {
  GraphBuilder b;
  const TensorId x = b.input(DataType::F32, {kN, 4}), y = b.input(DataType::F32, {kN, 7});
  const TensorId z = import_if(b, b.input(DataType::Bool, {}), x, y)[0];
  const Tensor& result = b.graph.tensor(z);
  EXPECT_EQ(result.type.dims[0], kN);
  EXPECT_EQ(b.graph.unknowns().at(result.type.dims[1].to_string()), Dim(7));
  EXPECT_EQ(b.graph.producer(z)->inputs.size(), 3U);
  for (const Graph& body : b.graph.producer(z)->bodies) EXPECT_EQ(body.inputs().size(), 2U);
  b.graph.set_outputs({z});
  EXPECT_NO_THROW(verify(b.graph));
  const TensorId scalar = b.input(DataType::F32, {});
  EXPECT_THROW(import_if(b, b.input(DataType::Bool, {}), x, scalar), Error);
}

// The body adds one to a carried value and stacks it.
Body counting_body(const TensorType& carried, bool keeps) {
  Body body;
  body.graph.add_input("i", {DataType::I64, {}});
  const TensorId condition = body.graph.add_input("condition", {DataType::Bool, {}});
  const TensorId x = body.graph.add_input("x", carried);
  const TensorId y =
      body.graph.add("y", make("Add"), {x, body.graph.add_constant("one", Constant::scalar(carried.type, 1))});
  const TensorId go_on = keeps ? condition : body.graph.add("not", make("Not"), {condition});
  body.graph.set_outputs({go_on, y, y});
  return body;
}

TEST(Loop, StacksAsOftenAsItRuns) {
  for (const bool keeps : {true, false}) {
    GraphBuilder b;
    const TensorId trips = b.input(DataType::I64, {}), x = b.input(DataType::F32, {kN});
    b.graph.edit_tensor(trips).value = Dims{Dim::symbol("T")};
    std::vector<Graph> bodies = {counting_body({DataType::F32, {kN}}, keeps).graph};
    const auto y = b.graph.add_node("loop", make("Loop", {{"carried", int64_t{1}}}), {trips, kNone, x}, bodies);
    EXPECT_EQ(b.type(y[0]), "f32[N]");
    const Dims& stacked = b.graph.tensor(y[1]).type.dims;
    const Dim most = keeps ? stacked[0] : b.graph.unknowns().at(stacked[0].to_string());
    EXPECT_EQ(most, Dim::symbol("T"));
  }
}

TEST(Scan, TakesSlicesAndStacks) {
  Graph body;
  const TensorId state = body.add_input("state", {DataType::F32, {kN}}),
                 slice = body.add_input("slice", {DataType::F32, {kN}});
  const TensorId sum = body.add("sum", make("Add"), {state, slice});
  body.set_outputs({sum, sum});
  GraphBuilder b;
  const TensorId initial = b.input(DataType::F32, {kN}), x = b.input(DataType::F32, {kN, 5});
  const auto op = make(
      "Scan",
      {{"states", int64_t{1}}, {"input_axes", std::vector<int64_t>{1}}, {"output_axes", std::vector<int64_t>{-1}}});
  const auto y = b.graph.add_node("scan", op, {initial, x}, {body});
  EXPECT_EQ(b.type(y[0]) + b.type(y[1]), "f32[N]f32[N,5]");
}

TEST(Region, FollowsTheTypesAroundIt) {
  Graph body;
  const TensorId in = body.add_input("in", {DataType::F32, {kN, 4}});
  const TensorId relu = body.add("relu", make("Relu"), {in});
  body.set_outputs({body.add("t", make("Transpose", {{"perm", std::vector<int64_t>{1, 0}}}), {relu})});
  GraphBuilder b;
  const TensorId x = b.input(DataType::F32, {kN, 4});
  const TensorId y = b.graph.add_node("region", std::make_shared<Region>("test"), {x}, {body})[0];
  EXPECT_EQ(b.type(y), "f32[4,N]");
  b.graph.edit_tensor(x).type.dims[0] = 3;
  b.graph.infer_all();
  EXPECT_EQ(b.type(y), "f32[4,3]");
  const Graph& inner = b.graph.producer(y)->bodies[0];
  EXPECT_EQ(to_string(inner.tensor(inner.outputs()[0]).type), "f32[4,3]");
}

}  // namespace
}  // namespace tn::ops
