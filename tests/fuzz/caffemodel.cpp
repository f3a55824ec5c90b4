// SPDX-License-Identifier: Apache-2.0
// A file of weights of Caffe: as the weights of a network, as a network itself (it holds its structure, too), and as
// the one array of a mean.binaryproto.
#include "base/error.h"
#include "builder/onnx_operators.h"
#include "fuzz/target.h"
#include "fuzz/trained_net.h"
#include "import/caffe/caffe.h"
#include "import/caffe/weights.h"
#include "ir/graph.h"

namespace tn::test {
namespace {

void read_blob(std::span<const std::byte> bytes) {
  using namespace import::caffe;
  const Message blob = read_message(bytes, kBlobSchema);
  constant_of(blob, Shape(blob_dims(blob)));
}

// Whether the bytes are read; a failure of our own goes on.
template <typename Read>
bool is_read(const Read& read) {
  try {
    read();
    return true;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::Internal) throw;
    return false;
  }
}

}  // namespace

void read_input(std::span<const std::byte> bytes) {
  const auto net = std::as_bytes(std::span(kTrainedNet));
  const bool weights = is_read([&] { verify(import::import_caffe(net, bytes, onnx_operators()).graph); });
  const bool network = is_read([&] { verify(import::import_caffe(bytes, std::nullopt, onnx_operators()).graph); });
  const bool blob = is_read([&] { read_blob(bytes); });
  if (!weights && !network && !blob) throw Error(ErrorCode::InvalidModel, "neither weights, a network nor an array");
}

}  // namespace tn::test
