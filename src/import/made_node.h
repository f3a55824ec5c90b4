// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "import/node_view.h"

namespace tn::import {

/// Attributes as ONNX names and types them.
using Attributes = std::map<std::string, Attribute, std::less<>>;

/// A node of ONNX's default domain that stands in no file.
struct MadeNode {
  std::string name;  ///< unique in the graph
  std::string_view op_type;
  int64_t version;
  std::vector<TensorId> inputs;
  size_t outputs = 1;
  Attributes attributes;
};

/// Adds the nodes that it means by the importer of its operator and version, and returns its outputs.
std::vector<TensorId> import_made(Graph& graph, const OnnxImporter& importer, MadeNode node);

}  // namespace tn::import
