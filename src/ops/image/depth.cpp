// SPDX-License-Identifier: Apache-2.0
#include "ops/compose.h"
#include "ops/entry.h"

namespace tn::ops {
namespace {

int64_t block_size(const NodeView& node) {
  const int64_t block = node.integer("blocksize", 0);
  const TensorType& x = node.type(node.input(0));
  constexpr int64_t kMost = 1 << 20;  // its square is needed
  model_check(block > 0 && block <= kMost && x.rank() == 4, "blocksize {} for {}", block, to_string(x));
  return block;
}

Dim divide(const Dim& dim, int64_t by) {
  model_check(!dim.is_constant() || *dim.constant() % by == 0, "an extent of {} is not divisible by {}",
              dim.to_string(), by);
  return Dim::floor_div(dim, by);
}

// [N,C,H,W]: the channels split into (b, b, C') or (C', b, b), whose blocks join H and W.
std::vector<TensorId> import_depth_to_space(NodeView& node) {
  const int64_t b = block_size(node);
  const Dims d = node.type(node.input(0)).dims;
  const Dim depth = divide(d[1], b * b);
  TensorId y = kNone;
  if (node.text("mode", "DCR") == "DCR") {
    y = transpose(node, reshape(node, node.input(0), {d[0], b, b, depth, d[2], d[3]}), {0, 3, 4, 1, 5, 2});
  } else {
    y = transpose(node, reshape(node, node.input(0), {d[0], depth, b, b, d[2], d[3]}), {0, 1, 4, 2, 5, 3});
  }
  return {reshape(node, y, {d[0], depth, d[2] * b, d[3] * b})};
}

// [N,C,H,W]: H and W split into (H', b) and (W', b), whose blocks go before the channels (CRD: behind them).
std::vector<TensorId> import_space_to_depth(NodeView& node) {
  const int64_t b = block_size(node);
  const Dims d = node.type(node.input(0)).dims;
  const Dim h = divide(d[2], b), w = divide(d[3], b);
  const bool channels_first = node.text("mode", "DCR") == "CRD";
  const TensorId y =
      transpose(node, reshape(node, node.input(0), {d[0], d[1], h, b, w, b}),
                channels_first ? std::vector<int64_t>{0, 1, 3, 5, 2, 4} : std::vector<int64_t>{0, 3, 5, 1, 2, 4});
  return {reshape(node, y, {d[0], d[1] * (b * b), h, w})};
}

constexpr OnnxImporter kDepthToSpace[] = {{"DepthToSpace", 1, import_depth_to_space}};
constexpr OnnxImporter kSpaceToDepth[] = {{"SpaceToDepth", 1, import_space_to_depth}};

}  // namespace

extern const OpEntry depth_to_space_entry = {"DepthToSpace", nullptr, kDepthToSpace, {}};
extern const OpEntry space_to_depth_entry = {"SpaceToDepth", nullptr, kSpaceToDepth, {}};

}  // namespace tn::ops
