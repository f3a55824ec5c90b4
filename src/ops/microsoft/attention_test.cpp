// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "ops/op_test.h"

namespace tn::ops {
namespace {

// One number is the position of the first token; the heads follow from the caches.
TEST(RotaryEmbedding, OfMicrosoftCountsFromAPosition) {
  GraphBuilder b;
  import::NodeView node(b.graph);
  node.name = "node";
  node.inputs = {b.constant(floats({1, 2, 4}, {1, 2, 3, 4, 5, 6, 7, 8})), b.constant(ints({1})),
                 b.constant(floats({3, 1}, {1, 0.5, 0.25})), b.constant(floats({3, 1}, {0, 0.5, 2}))};
  node.attributes["interleaved"] = int64_t{1};
  const TensorId y = find_onnx_importer("com.microsoft", "RotaryEmbedding", 1)->import(node)[0];
  expect_near(*evaluate(b.graph, y), {-0.5, 1.5, -0.5, 3.5, -10.75, 11.5, -14.25, 16});
}

}  // namespace
}  // namespace tn::ops
