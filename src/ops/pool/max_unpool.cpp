// SPDX-License-Identifier: Apache-2.0
// ONNX's MaxUnpool: elements put back to where MaxPool took them from.
#include "ops/compose.h"
#include "ops/conv/window.h"
#include "ops/entry.h"

namespace tn::ops {
namespace {

std::vector<TensorId> import_max_unpool(NodeView& node) {
  const TensorId x = node.input(0);
  const TensorType type = node.type(x);
  const Window window = import_window(node, type, node.integers("kernel_shape"));
  const size_t spatial = window.kernel.size();
  // The indices count in what MaxPool read, as the window tells; a given shape may be larger.
  Dims dims = {type.dims[0], type.dims[1]};
  for (size_t i = 0; i < spatial; ++i) {
    dims.push_back((type.dims[2 + i] - 1) * window.strides[i] +
                   (window.kernel[i] - window.pads[i] - window.pads[spatial + i]));
  }
  const Dims all = {product(type.dims)};
  const TensorId zeros = expand(node, scalar_like(node, 0, x), {product(dims)});
  const TensorId flat =
      compose(node, "ScatterElements", {zeros, reshape(node, node.input(1), all), reshape(node, x, all)},
              {{"axis", int64_t{0}}});
  const TensorId y = reshape(node, flat, dims);
  if (!node.has_input(2)) return {y};
  const Dims wanted = required_value(node, node.input(2), "output_shape");
  model_check(wanted.size() == dims.size(), "output_shape is {} for {}", to_string(wanted), to_string(type));
  Dims pads(dims.size(), 0);
  for (size_t i = 0; i < dims.size(); ++i) pads.push_back(wanted[i] - dims[i]);
  return {compose(node, "Pad", {y, extents(node, pads)})};
}

constexpr OnnxImporter kOnnx[] = {{"MaxUnpool", 9, import_max_unpool}};

}  // namespace

extern const OpEntry max_unpool_entry = {"MaxUnpool", nullptr, kOnnx, {}};

}  // namespace tn::ops
