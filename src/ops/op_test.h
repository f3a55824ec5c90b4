// SPDX-License-Identifier: Apache-2.0
// What tests of operators share: tensors from numbers, and an operator's reference run on them.
#pragma once

#include <gtest/gtest.h>

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
  std::string type(TensorId id) const { return to_string(graph.tensor(id).type); }
  std::string value(TensorId id) const {
    const auto& value = graph.tensor(id).value;
    return value ? to_string(*value) : "unknown";
  }
};

}  // namespace tn::ops
