// SPDX-License-Identifier: Apache-2.0
// A network of Caffe without weights, in either format of protobuf.
#include "builder/onnx_operators.h"
#include "fuzz/target.h"
#include "import/caffe/caffe.h"
#include "ir/graph.h"

namespace tn::test {

void read_input(std::span<const std::byte> bytes) {
  verify(import::import_caffe(bytes, std::nullopt, onnx_operators()).graph);
}

}  // namespace tn::test
