// SPDX-License-Identifier: Apache-2.0
#include "import/made_node.h"

namespace tn::import {

std::vector<TensorId> import_made(Graph& graph, const OnnxImporter& importer, MadeNode node) {
  NodeView view(graph);
  view.name = std::move(node.name);
  view.op_type = node.op_type;
  view.version = node.version;
  view.inputs = std::move(node.inputs);
  view.output_count = node.outputs;
  view.attributes = std::move(node.attributes);
  return importer.import(view);
}

}  // namespace tn::import
