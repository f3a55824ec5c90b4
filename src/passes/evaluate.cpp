// SPDX-License-Identifier: Apache-2.0
#include "passes/evaluate.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "expr/expr.h"
#include "ops/definition.h"
#include "ops/reference/reference.h"

namespace tn::passes {
namespace {

ConstantPtr uninitialized(const TensorType& type) {
  const auto shape = type.static_shape();
  internal_check(shape.has_value(), "the result is {}", to_string(type));
  return Constant::make(type.type, *shape, [](const TensorView&) {});
}

ScalarValue load(const TensorView& view, int64_t offset) {
  ScalarValue value{};
  if (is_float(view.type))
    value.f = load_double(view, offset);
  else
    value.i = load_int64(view, offset);
  return value;
}

void store(const TensorView& view, int64_t offset, ScalarType type, ScalarValue value) {
  if (is_float(type))
    store_double(view, offset, value.f);
  else
    store_int64(view, offset, value.i);
}

// The expression over all elements, in blocks.
void evaluate_elementwise(const ops::Elementwise& op, std::span<const ConstantPtr> inputs, const TensorView& output) {
  constexpr int64_t kBlock = 256;
  std::vector<Expr> operands;
  std::vector<ScalarType> types;
  std::vector<Walk> walks;
  for (size_t i = 0; i < inputs.size(); ++i) {
    types.push_back(compute_type(inputs[i]->type()));
    operands.push_back(input(static_cast<int>(i), types.back()));
    const TensorView view = inputs[i]->view();
    walks.emplace_back(output.dims,
                       std::initializer_list<Shape>{broadcast_strides(view.dims, view.strides, output.dims)});
  }
  const Expr result = op.expression(operands);
  const ScalarProgram program = lower(std::span(&result, 1), types);
  std::vector<std::vector<ScalarValue>> blocks(inputs.size(), std::vector<ScalarValue>(kBlock));
  std::vector<ScalarValue> results(kBlock), scratch(program.instructions.size() * kBlock);
  std::vector<const ScalarValue*> pointers;
  for (const auto& block : blocks) pointers.push_back(block.data());
  ScalarValue* out = results.data();
  for (int64_t begin = 0; begin < output.elements(); begin += kBlock) {
    const int64_t count = std::min(kBlock, output.elements() - begin);
    for (size_t i = 0; i < inputs.size(); ++i) {
      const TensorView view = inputs[i]->view();
      for (int64_t k = 0; k < count; ++k, walks[i].next())
        blocks[i][static_cast<size_t>(k)] = load(view, walks[i].offset(0));
    }
    evaluate(program, FloatMode::Double, count, pointers.data(), &out, scratch);
    for (int64_t k = 0; k < count; ++k)
      store(output, begin + k, program.result_type(0), results[static_cast<size_t>(k)]);
  }
}

std::vector<ConstantPtr> evaluate_reference(const Node& node, std::span<const ConstantPtr> inputs,
                                            std::span<const TensorType> types) {
  const ops::ReferenceEntry* reference = ops::find_reference(node.op->name());
  internal_check(reference != nullptr, "{} has no reference", node.op->name());
  std::vector<TensorView> in, out;
  std::vector<ConstantPtr> results;
  for (const ConstantPtr& input : inputs) in.push_back(input ? input->view() : TensorView{});
  for (const TensorType& type : types) {
    results.push_back(uninitialized(type));
    out.push_back(results.back()->view());
  }
  reference->make(node.op->encode())(in, out);
  return results;
}

// A graph of one node over constants: it knows the types of the outputs and their symbolic values.
struct Alone {
  Graph graph;
  std::vector<TensorId> inputs, outputs;
  Alone(const Node& node, std::span<const ConstantPtr> values) {
    for (const ConstantPtr& value : values) inputs.push_back(value ? graph.add_constant("", value) : kNone);
    outputs = graph.add_node(node.name, node.op, inputs, node.bodies);
  }
};

}  // namespace

std::vector<ConstantPtr> evaluate(const Node& node, std::span<const ConstantPtr> inputs) {
  if (node.op->name() == "If") return evaluate(node.bodies[inputs[0]->integer(0) != 0 ? 0 : 1], inputs.subspan(1));
  if (node.op->name() == "Region") return evaluate(node.bodies[0], inputs);
  Alone alone(node, inputs);
  std::vector<TensorType> types;
  for (const TensorId id : alone.outputs) types.push_back(alone.graph.tensor(id).type);
  if (const auto* op = dynamic_cast<const ops::Elementwise*>(node.op.get())) {
    ConstantPtr result = uninitialized(types[0]);
    evaluate_elementwise(*op, inputs, result->view());
    return {result};
  }
  if (const auto* op = dynamic_cast<const ops::Decomposed*>(node.op.get())) {
    alone.graph.set_outputs(op->decompose(alone.graph, node.name, alone.inputs));
    return evaluate(alone.graph, {});
  }
  if (dynamic_cast<const ops::Referenced*>(node.op.get())) return evaluate_reference(node, inputs, types);
  throw Error(ErrorCode::Unsupported, "{} has no definition over inputs alone", describe(node));
}

std::vector<ConstantPtr> evaluate(const Graph& graph, std::span<const ConstantPtr> inputs) {
  std::map<TensorId, ConstantPtr> known;
  internal_check(graph.inputs().size() == inputs.size(), "graph '{}' has {} inputs, {} are given", graph.name,
                 graph.inputs().size(), inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) known[graph.inputs()[i]] = inputs[i];
  const auto value_of = [&](TensorId id) -> ConstantPtr {
    if (id == kNone) return nullptr;
    return graph.tensor(id).constant ? graph.tensor(id).constant : known.at(id);
  };
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if (std::ranges::none_of(node.outputs,
                             [&](TensorId out) { return graph.is_output(out) || !graph.consumers(out).empty(); }))
      continue;
    std::vector<ConstantPtr> operands;
    for (const TensorId input : node.inputs) operands.push_back(value_of(input));
    const auto results = evaluate(node, operands);
    for (size_t i = 0; i < results.size(); ++i) known[node.outputs[i]] = results[i];
  }
  std::vector<ConstantPtr> outputs;
  for (const TensorId id : graph.outputs()) outputs.push_back(value_of(id));
  return outputs;
}

}  // namespace tn::passes
