// SPDX-License-Identifier: Apache-2.0
#include "ops/plain.h"

#include <utility>

#include "base/error.h"
#include "ops/entry.h"

namespace tn::ops {

std::vector<TensorId> import_plain(NodeView& node, std::string_view op_type, std::vector<TensorId> inputs,
                                   int64_t version) {
  const OnnxImporter* importer = find_onnx_importer("", op_type, version);
  internal_check(importer != nullptr, "there is no operator {} in opset {}", op_type, version);
  std::vector<TensorId> own_inputs = std::exchange(node.inputs, std::move(inputs));
  std::string own_type = std::exchange(node.op_type, std::string(op_type));
  const int64_t own_version = std::exchange(node.version, version);
  std::vector<TensorId> results = importer->import(node);
  node.inputs = std::move(own_inputs);
  node.op_type = std::move(own_type);
  node.version = own_version;
  return results;
}

}  // namespace tn::ops
