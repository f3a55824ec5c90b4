// SPDX-License-Identifier: Apache-2.0
// ONNX's DeformConv: the image is sampled (GridSample) where the offsets move the kernel's elements to, then multiplied
// with the filter.
#include "ops/compose.h"
#include "ops/conv/window.h"
#include "ops/entry.h"

namespace tn::ops {
namespace {

struct Shapes {
  Dims x;              ///< [N,C,D…]
  Dims out;            ///< O…
  int64_t taps, axes;  ///< elements of the kernel, spatial axes
  int64_t groups;      ///< groups of offsets
  DataType type;       ///< to compute in
  Dim points() const { return product(out); }
};

// Along one spatial axis, where each element of the kernel (first axis) reads for each result, before it is moved:
// [taps, 1…, O, 1…].
TensorId base_positions(NodeView& node, const Window& window, const Shapes& shapes, size_t axis) {
  int64_t inner = 1;
  for (size_t i = axis + 1; i < window.kernel.size(); ++i) inner *= window.kernel[i];
  Shape dims = {shapes.taps};
  for (int64_t i = 0; i < shapes.axes; ++i) dims.push_back(1);
  const TensorId taps = node.add_constant(Constant::make(shapes.type, dims, [&](const TensorView& view) {
    for (int64_t tap = 0; tap < shapes.taps; ++tap) {
      const int64_t place = tap / inner % window.kernel[axis] * window.dilations[axis] - window.pads[axis];
      store_double(view, tap, static_cast<double>(place));
    }
  }));
  Dims along(shapes.out.size(), 1);
  along[axis] = shapes.out[axis];
  const TensorId index = cast_to(node, counting(node, shapes.out[axis]), shapes.type);
  const TensorId step = scalar_like(node, static_cast<double>(window.strides[axis]), index);
  return compose(node, "Add", {reshape(node, compose(node, "Mul", {index, step}), along), taps});
}

// Sampling positions [N·groups, 1…, taps·points, axes] as GridSample wants them.
TensorId grid(NodeView& node, const Window& window, const Shapes& shapes) {
  const Dim images = shapes.x[0] * shapes.groups;
  Dims split = {images, shapes.taps, shapes.axes};
  split.insert(split.end(), shapes.out.begin(), shapes.out.end());
  const TensorId offsets = reshape(node, cast_to(node, node.input(2), shapes.type), split);
  constexpr int64_t kAxis[] = {2}, kLast[] = {-1};
  std::vector<TensorId> coordinates;
  for (int64_t axis = shapes.axes - 1; axis >= 0; --axis) {  // innermost first
    const auto i = static_cast<size_t>(axis);
    const TensorId moved = squeeze(node, slice(node, offsets, 2, axis, axis + 1), kAxis);
    const TensorId position = compose(node, "Add", {moved, base_positions(node, window, shapes, i)});
    // An element at x lies at (2x + 1) / extent − 1 between the outer edges.
    const TensorId one = scalar_like(node, 1, position), two = scalar_like(node, 2, position);
    const TensorId size = cast_to(node, extent(node, shapes.x[2 + i]), shapes.type);
    const TensorId doubled = compose(node, "Add", {compose(node, "Mul", {position, two}), one});
    const TensorId normalized = compose(node, "Sub", {compose(node, "Div", {doubled, size}), one});
    coordinates.push_back(unsqueeze(node, normalized, kLast));
  }
  Dims dims(static_cast<size_t>(shapes.axes) + 2, 1);
  dims.front() = images;
  dims[dims.size() - 2] = shapes.points() * shapes.taps;
  dims.back() = shapes.axes;
  return reshape(node, concat(node, std::move(coordinates), -1), dims);
}

// What each element of the kernel reads: [N,C,taps,points].
TensorId samples(NodeView& node, const Window& window, const Shapes& shapes) {
  const Dim channels = Dim::floor_div(shapes.x[1], shapes.groups);
  Dims images = shapes.x;
  images[0] = shapes.x[0] * shapes.groups;
  images[1] = channels;
  const TensorId x = reshape(node, cast_to(node, node.input(0), shapes.type), images);
  TensorId y = compose(node, "GridSample", {x, grid(node, window, shapes)});
  if (node.has_input(4)) {
    const TensorId mask = cast_to(node, node.input(4), shapes.type);
    y = reshape(node, y, {shapes.x[0], shapes.groups, channels, shapes.taps, shapes.points()});
    y = compose(node, "Mul", {y, reshape(node, mask, {shapes.x[0], shapes.groups, 1, shapes.taps, shapes.points()})});
  }
  return reshape(node, y, {shapes.x[0], shapes.x[1], shapes.taps, shapes.points()});
}

std::vector<TensorId> import_deform_conv(NodeView& node) {
  const TensorType x = node.type(node.input(0)), offset = node.type(node.input(2));
  const auto filter = node.type(node.input(1)).static_shape();
  model_check(filter && filter->rank() == x.rank() && x.rank() >= 3 && offset.rank() == x.rank(),
              "X is {}, W {}, the offsets {}", to_string(x), to_string(node.type(node.input(1))), to_string(offset));
  const Window window = import_window(node, x, {filter->begin() + 2, filter->end()});
  const int64_t group = node.integer("group", 1), outputs = (*filter)[0];
  Shapes shapes{x.dims,
                {offset.dims.begin() + 2, offset.dims.end()},
                1,
                x.rank() - 2,
                node.integer("offset_group", 1),
                x.type == DataType::F64 ? DataType::F64 : DataType::F32};
  for (const int64_t extent : window.kernel) shapes.taps *= extent;
  model_check(group > 0 && outputs % group == 0 && shapes.groups > 0, "{} outputs in {} groups", outputs, group);
  // One product a group: [M/group, C/group·taps] · [C/group·taps, points].
  const int64_t depth = (*filter)[1] * shapes.taps;
  const TensorId filters = cast_to(node, node.input(1), shapes.type);
  const TensorId y =
      compose(node, "MatMul",
              {reshape(node, filters, {group, outputs / group, depth}),
               reshape(node, samples(node, window, shapes), {x.dims[0], group, depth, shapes.points()})});
  Dims dims = {x.dims[0], outputs};
  dims.insert(dims.end(), shapes.out.begin(), shapes.out.end());
  TensorId result = reshape(node, y, dims);
  if (node.has_input(3)) {
    Dims along(dims.size(), 1);
    along[1] = outputs;
    result = compose(node, "Add", {result, reshape(node, cast_to(node, node.input(3), shapes.type), along)});
  }
  return {cast_to(node, result, x.type)};
}

constexpr OnnxImporter kOnnx[] = {{"DeformConv", 19, import_deform_conv}};

}  // namespace

extern const OpEntry deform_conv_entry = {"DeformConv", nullptr, kOnnx, {}};

}  // namespace tn::ops
