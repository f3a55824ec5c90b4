// SPDX-License-Identifier: Apache-2.0
// com.microsoft's RotaryEmbedding has the positions before the caches; one number is the position of the first token.
#include "ops/attention/rotary.h"
#include "ops/compose.h"
#include "ops/entry.h"
#include "ops/microsoft/refuse.h"

namespace tn::ops {
namespace {

std::vector<TensorId> import_rotary_embedding(NodeView& node) {
  refuse_attribute(node, "is_packed_batching", "export the model without packed batches");
  const TensorType type = node.type(node.input(0));
  Rotary rotary{node.input(2), node.input(3), node.input(1), node.integer("interleaved", 0) != 0,
                node.integer("rotary_embedding_dim", 0)};
  const TensorType& cosines = node.type(rotary.cosines);
  model_check((type.rank() == 3 || type.rank() == 4) && cosines.rank() == 2, "X is {}, the cache {}", to_string(type),
              to_string(cosines));
  const Dim pairs = cosines.dims[1];
  if (node.type(rotary.positions).rank() == 1) {
    const Dim& tokens = type.dims[type.rank() == 4 ? 2 : 1];
    const TensorId each = compose(node, "Add", {counting(node, tokens), rotary.positions});
    rotary.positions = expand(node, each, {type.dims[0], tokens});
  }
  int64_t heads = node.integer("num_heads", 0);
  if (heads == 0 && type.rank() == 3) {
    const Dim fitting = Dim::floor_div(type.dims[2], pairs * 2);
    model_check(fitting.is_constant(), "the heads of {} must be known", to_string(type));
    heads = *fitting.constant();
  }
  return {rotate(node, node.input(0), rotary, heads)};
}

constexpr OnnxImporter kOnnx[] = {{"RotaryEmbedding", 1, import_rotary_embedding, "com.microsoft"}};

}  // namespace

extern const OpEntry microsoft_rotary_embedding_entry = {"MicrosoftRotaryEmbedding", nullptr, kOnnx, {}};

}  // namespace tn::ops
