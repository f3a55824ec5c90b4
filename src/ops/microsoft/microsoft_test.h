// SPDX-License-Identifier: Apache-2.0
// Nodes of com.microsoft over constants, for tests.
#pragma once

#include <cmath>

#include "ops/op_test.h"

namespace tn::ops {

using Attributes = std::map<std::string, import::Attribute, std::less<>>;

/// Imports a node of com.microsoft over constants (null: absent) and computes its outputs.
inline std::vector<ConstantPtr> compute_microsoft(std::string_view op_type, const std::vector<ConstantPtr>& inputs,
                                                  Attributes attributes = {}, size_t outputs = 1) {
  GraphBuilder b;
  import::NodeView node(b.graph);
  node.name = "node";
  node.op_type = op_type;
  node.domain = "com.microsoft";
  node.version = 1;
  for (const ConstantPtr& input : inputs) node.inputs.push_back(input ? b.constant(input) : kNone);
  node.attributes = std::move(attributes);
  node.output_count = outputs;
  const OnnxImporter* importer = find_onnx_importer(node.domain, op_type, 1);
  internal_check(importer != nullptr, "no importer of {}", op_type);
  std::vector<ConstantPtr> results;
  for (const TensorId id : importer->import(node)) results.push_back(id == kNone ? nullptr : evaluate(b.graph, id));
  return results;
}

/// The first output of a node of the default domain.
inline ConstantPtr compute_plain(std::string_view op_type, const std::vector<ConstantPtr>& inputs,
                                 Attributes attributes = {}) {
  return GraphBuilder().compute(op_type, 25, inputs, std::move(attributes))[0];
}

inline void expect_same(const ConstantPtr& result, const ConstantPtr& expected, double tolerance = 1e-6) {
  EXPECT_EQ(result->type(), expected->type());
  EXPECT_EQ(to_string(result->dims()), to_string(expected->dims()));
  expect_near(*result, numbers(*expected), tolerance);
}

/// Numbers between −1 and 1 that differ from their neighbours.
inline ConstantPtr wavy(const Shape& dims, double step = 0.7) {
  std::vector<double> values(static_cast<size_t>(dims.elements()));
  for (size_t i = 0; i < values.size(); ++i) values[i] = std::sin(step * static_cast<double>(i + 1));
  return floats(dims, values);
}

inline ConstantPtr small(DataType type, const Shape& dims, const std::vector<double>& values) {
  return tensor_of(type, dims, values);
}

}  // namespace tn::ops
