// SPDX-License-Identifier: Apache-2.0
// What tests of operators share: tensors from numbers, and an operator's reference run on them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>

#include "import/node_view.h"
#include "ops/entry.h"
#include "ops/reference/reference.h"

namespace tn::ops {

inline ConstantPtr tensor_of(DataType type, const Shape& dims, const std::vector<double>& values) {
  return Constant::make(type, dims, [&](const TensorView& view) {
    for (size_t i = 0; i < values.size(); ++i) store_double(view, static_cast<int64_t>(i), values[i]);
  });
}
inline ConstantPtr floats(const Shape& dims, const std::vector<double>& values) {
  return tensor_of(DataType::F32, dims, values);
}
inline ConstantPtr ints(const std::vector<int64_t>& values) {
  return Constant::vector(values);
}
/// 0, 1, 2, …
inline ConstantPtr counting(const Shape& dims, DataType type = DataType::F32) {
  std::vector<double> values(static_cast<size_t>(dims.elements()));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i);
  return tensor_of(type, dims, values);
}

inline std::vector<double> numbers(const Constant& constant) {
  std::vector<double> result;
  for (int64_t i = 0; i < constant.elements(); ++i) result.push_back(constant.number(i));
  return result;
}

inline void expect_near(const Constant& constant, const std::vector<double>& expected, double tolerance = 1e-6) {
  ASSERT_EQ(constant.elements(), static_cast<int64_t>(expected.size()));
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(constant.number(static_cast<int64_t>(i)), expected[i], tolerance) << "element " << i;
  }
}

/// An operator by name with attributes set.
inline OpPtr make(std::string_view name, const FieldMap& attributes = {}) {
  auto op = make_op_by_name(name);
  internal_check(op != nullptr, "no operator '{}'", name);
  op->set_attributes(attributes);
  return op;
}

/// Infers the types and runs the reference. Null inputs are absent.
inline std::vector<ConstantPtr> run(const OpPtr& op, const std::vector<ConstantPtr>& inputs) {
  Graph graph;
  std::vector<TensorId> ids;
  std::vector<TensorView> in, out;
  for (const ConstantPtr& input : inputs) {
    ids.push_back(input ? graph.add_constant("", input) : kNone);
    in.push_back(input ? input->view() : TensorView{});
  }
  std::vector<ConstantPtr> results;
  for (const TensorId id : graph.add_node("node", op, ids)) {
    const auto shape = graph.tensor(id).type.static_shape();
    internal_check(shape.has_value(), "the result is {}", to_string(graph.tensor(id).type));
    results.push_back(Constant::make(graph.tensor(id).type.type, *shape, [](const TensorView&) {}));
    out.push_back(results.back()->view());
  }
  find_reference(op->name())->make(op->encode())(in, out);
  return results;
}

/// An elementwise operator on constants, by the interpreter in double.
inline ConstantPtr run_elementwise(const Elementwise& op, const TensorType& type,
                                   const std::vector<ConstantPtr>& inputs) {
  const Shape dims = *type.static_shape();
  std::vector<Expr> operands;
  std::vector<ScalarType> types;
  std::vector<Shape> strides = {dims.row_major_strides()};
  for (const ConstantPtr& x : inputs) {
    types.push_back(compute_type(x->type()));
    operands.push_back(input(static_cast<int>(operands.size()), types.back()));
    strides.push_back(broadcast_strides(x->dims(), x->view().strides, dims));
  }
  const Expr result = op.expression(operands);
  EXPECT_EQ(result.type(), compute_type(type.type));
  const ScalarProgram program = lower(std::span(&result, 1), types);
  return Constant::make(type.type, dims, [&](const TensorView& view) {
    for (Walk walk(dims, strides); walk.more(); walk.next()) {
      std::vector<ScalarValue> values(inputs.size());
      for (size_t i = 0; i < inputs.size(); ++i) {
        const int64_t at = walk.offset(static_cast<int>(i) + 1);
        if (is_float(types[i]))
          values[i].f = load_double(inputs[i]->view(), at);
        else
          values[i].i = load_int64(inputs[i]->view(), at);
      }
      const ScalarValue value = evaluate(program, values)[0];
      if (is_float(result.type()))
        store_double(view, walk.offset(0), value.f);
      else
        store_int64(view, walk.offset(0), value.i);
    }
  });
}

/// The tensor of a graph of constants.
inline ConstantPtr evaluate(const Graph& graph, TensorId id) {
  if (graph.tensor(id).constant) return graph.tensor(id).constant;
  const Node* node = graph.producer(id);
  internal_check(node != nullptr, "'{}' is not computed from constants", graph.tensor(id).name);
  std::vector<ConstantPtr> inputs;
  for (const TensorId input : node->inputs) inputs.push_back(input == kNone ? nullptr : evaluate(graph, input));
  if (const auto* op = dynamic_cast<const Elementwise*>(node->op.get())) {
    return run_elementwise(*op, graph.tensor(id).type, inputs);
  }
  if (const auto* op = dynamic_cast<const Decomposed*>(node->op.get())) {
    Graph body;
    std::vector<TensorId> ids;
    for (const ConstantPtr& input : inputs) ids.push_back(input ? body.add_constant("c", input) : kNone);
    return evaluate(body, op->decompose(body, "node", ids)[0]);
  }
  const auto outputs = run(node->op, inputs);
  return outputs[static_cast<size_t>(std::find(node->outputs.begin(), node->outputs.end(), id) -
                                     node->outputs.begin())];
}

/// A graph with named inputs, for type rules and importers.
struct GraphBuilder {
  Graph graph;
  TensorId input(DataType type, Dims dims) { return graph.add_input("x", {type, std::move(dims)}); }
  TensorId constant(const ConstantPtr& data) { return graph.add_constant("c", data); }
  std::vector<TensorId> import(std::string_view op_type, int64_t version, std::vector<TensorId> inputs,
                               std::map<std::string, import::Attribute, std::less<>> attributes = {},
                               size_t outputs = 1) {
    import::NodeView node(graph);
    node.name = "node";
    node.op_type = op_type;
    node.version = version;
    node.inputs = std::move(inputs);
    node.attributes = std::move(attributes);
    node.output_count = outputs;
    const OnnxImporter* importer = find_onnx_importer("", op_type, version);
    internal_check(importer != nullptr, "no importer of {} {}", op_type, version);
    return importer->import(node);
  }
  /// Imports a node over constants and computes its outputs.
  std::vector<ConstantPtr> compute(std::string_view op_type, int64_t version, const std::vector<ConstantPtr>& inputs,
                                   std::map<std::string, import::Attribute, std::less<>> attributes = {},
                                   size_t outputs = 1) {
    std::vector<TensorId> ids;
    for (const ConstantPtr& input : inputs) ids.push_back(input ? constant(input) : kNone);
    std::vector<ConstantPtr> results;
    for (const TensorId id : import(op_type, version, ids, std::move(attributes), outputs)) {
      results.push_back(id == kNone ? nullptr : evaluate(graph, id));
    }
    return results;
  }
  std::string type(TensorId id) const { return to_string(graph.tensor(id).type); }
  std::string value(TensorId id) const {
    const auto& value = graph.tensor(id).value;
    return value ? to_string(*value) : "unknown";
  }
};

}  // namespace tn::ops
