// SPDX-License-Identifier: Apache-2.0
// ONNX's TensorScatter: every sample's update written into its cache from an index of its own on.
#include "ops/compose.h"
#include "ops/entry.h"
#include "ops/rules.h"

namespace tn::ops {
namespace {

std::vector<TensorId> import_tensor_scatter(NodeView& node) {
  const TensorId cache = node.input(0), update = node.input(1);
  const Dims dims = node.type(update).dims;
  const int rank = node.type(cache).rank();
  model_check(dims.size() == static_cast<size_t>(rank), "the cache is {}, the update {}", to_string(node.type(cache)),
              to_string(node.type(update)));
  const int axis = normalize_axis(node.integer("axis", -2), rank);
  const std::string mode = node.text("mode", "linear");
  model_check(axis > 0 && (mode == "linear" || mode == "circular"), "axis is {} and mode '{}'", axis, mode);
  // The place along the axis of every element of the update.
  Dims along(dims.size(), 1), first(dims.size(), 1);
  along[static_cast<size_t>(axis)] = dims[static_cast<size_t>(axis)];
  first[0] = dims[0];
  TensorId places = reshape(node, counting(node, dims[static_cast<size_t>(axis)]), along);
  if (node.has_input(2)) {
    const TensorId begin = reshape(node, cast_to(node, node.input(2), DataType::I64), first);
    places = compose(node, "Add", {places, begin});
  }
  if (mode == "circular") {
    const TensorId length = extent(node, node.type(cache).dims[static_cast<size_t>(axis)]);
    places = compose(node, "Mod", {places, length});
  }
  return {compose(node, "ScatterElements", {cache, expand(node, places, dims), update},
                  {{"axis", static_cast<int64_t>(axis)}})};
}

constexpr OnnxImporter kOnnx[] = {{"TensorScatter", 24, import_tensor_scatter}};

}  // namespace

extern const OpEntry tensor_scatter_entry = {"TensorScatter", nullptr, kOnnx, {}};

}  // namespace tn::ops
