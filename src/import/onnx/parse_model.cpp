// SPDX-License-Identifier: Apache-2.0
#include "import/onnx/parse_model.h"

#include <google/protobuf/io/coded_stream.h>

#include <climits>

#include "base/error.h"

namespace tn::import {

onnx::ModelProto parse_model(std::span<const std::byte> bytes) {
  if (bytes.empty()) throw Error(ErrorCode::InvalidModel, "not an ONNX model: the file is empty");
  if (bytes.size() > INT_MAX)
    throw Error(ErrorCode::InvalidModel, "an ONNX file above 2 GiB: keep its weights in external data");
  onnx::ModelProto model;
  // A graph in a graph is three messages deeper.
  constexpr int kDeepestGraph = 64, kDeepest = 3 * kDeepestGraph + 16;
  google::protobuf::io::CodedInputStream stream(reinterpret_cast<const uint8_t*>(bytes.data()),
                                                static_cast<int>(bytes.size()));
  stream.SetRecursionLimit(kDeepest);
  if (!model.ParseFromCodedStream(&stream) || !stream.ConsumedEntireMessage()) {
    throw Error(ErrorCode::InvalidModel,
                "not an ONNX model, a truncated one, or one of graphs in graphs more than {} deep: its protobuf does "
                "not parse",
                kDeepestGraph);
  }
  if (!model.has_graph() || (model.graph().node_size() == 0 && model.graph().output_size() == 0)) {
    throw Error(ErrorCode::InvalidModel, "not an ONNX model: it holds no graph");
  }
  return model;
}

}  // namespace tn::import
