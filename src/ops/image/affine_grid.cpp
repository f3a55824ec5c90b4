// SPDX-License-Identifier: Apache-2.0
// ONNX's AffineGrid: the evenly spaced positions of an image, moved by one affine map a sample.
#include "ops/compose.h"
#include "ops/entry.h"

namespace tn::ops {
namespace {

// Positions of the elements of an axis in [-1, 1], where these mean the outer elements' centers or their outer edges.
TensorId positions(NodeView& node, const Dim& count, DataType type, bool align_corners) {
  const TensorId index = cast_to(node, counting(node, count), type);
  if (align_corners && count == Dim(1)) return index;  // the only element lies in the middle
  const auto number = [&](double value) { return scalar_like(node, value, index); };
  const TensorId doubled = compose(node, "Mul", {index, number(2)});
  const TensorId steps = cast_to(node, extent(node, align_corners ? count - 1 : count), type);
  const TensorId from_start = align_corners ? doubled : compose(node, "Add", {doubled, number(1)});
  return compose(node, "Sub", {compose(node, "Div", {from_start, steps}), number(1)});
}

std::vector<TensorId> import_affine_grid(NodeView& node) {
  const TensorId theta = node.input(0);
  const Dims size = required_value(node, node.input(1), "the size");
  model_check(size.size() == 4 || size.size() == 5, "the size is {}", to_string(size));
  const TensorType type = node.type(theta);
  const Dims spatial(size.begin() + 2, size.end());
  const auto axes = static_cast<int64_t>(spatial.size());
  model_check(type.rank() == 3 && type.dims[1] == Dim(axes) && type.dims[2] == Dim(axes + 1),
              "theta is {} for {} spatial axes", to_string(type), axes);
  const TensorId maps = widen(node, theta);
  const DataType wide = node.type(maps).type;
  // Homogeneous positions [points, axes + 1], the innermost axis first.
  std::vector<TensorId> columns;
  for (size_t i = spatial.size(); i-- > 0;) {
    Dims along(spatial.size(), 1);
    along[i] = spatial[i];
    const TensorId line = positions(node, spatial[i], wide, node.integer("align_corners", 0) != 0);
    columns.push_back(reshape(node, expand(node, reshape(node, line, along), spatial), {product(spatial), 1}));
  }
  columns.push_back(expand(node, node.add_constant(Constant::scalar(wide, 1)), {product(spatial), 1}));
  const TensorId points = concat(node, std::move(columns), 1);
  const TensorId moved = compose(node, "MatMul", {points, transpose(node, maps, {0, 2, 1})});
  Dims dims = spatial;
  dims.insert(dims.begin(), type.dims[0]);
  dims.emplace_back(axes);
  return {cast_to(node, reshape(node, moved, dims), type.type)};
}

constexpr OnnxImporter kOnnx[] = {{"AffineGrid", 20, import_affine_grid}};

}  // namespace

extern const OpEntry affine_grid_entry = {"AffineGrid", nullptr, kOnnx, {}};

}  // namespace tn::ops
