// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "import/node_view.h"
#include "ops/definition.h"

namespace tn::ops {

using import::NodeView;
using import::OnnxImporter;

/// Everything the house knows of one operator; each operator's source file defines one, ops.def lists them.
struct OpEntry {
  std::string_view name;
  std::shared_ptr<Op> (*make)();  ///< with default attributes, for reading graph text; null where only importers stand
  std::span<const OnnxImporter> onnx;  ///< empty for operators that only passes make
  /// Conformance cases as graph text of one node, for example
  /// "Conv(f32[1,8,14,14], f32[16,8,3,3], f32[16]) {pads=[1,1,1,1]}". See docs/adding-an-op.md.
  std::span<const std::string_view> cases;
};

template <typename T>
std::shared_ptr<Op> make_op() {
  return std::make_shared<T>();
}

/// Adds `op` with the inputs and attributes of the node, name for name.
std::vector<TensorId> import_as(std::shared_ptr<Op> op, NodeView& node);

/// Importer of an operator whose inputs and attributes are those of the node.
template <typename T>
std::vector<TensorId> import_same(NodeView& node) {
  return import_as(std::make_shared<T>(), node);
}

/// All operators, in the order of ops.def.
std::span<const OpEntry* const> all_ops();
/// The operator of this name with default attributes, or null.
std::shared_ptr<Op> make_op_by_name(std::string_view name);
/// The importer for an ONNX operator at an opset version, or null.
const OnnxImporter* find_onnx_importer(std::string_view domain, std::string_view op_type, int64_t version);

}  // namespace tn::ops
