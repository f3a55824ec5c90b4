// SPDX-License-Identifier: Apache-2.0
// Layers that move elements and compute nothing, or interpolate.
#include <algorithm>

#include "base/error.h"
#include "import/caffe/layer_context.h"

namespace tn::import::caffe {
namespace {

using Sizes = std::vector<int64_t>;

Tops concat(LayerContext& layer) {
  const Message& parameters = layer.parameters("concat_param");
  const int axis =
      layer.axis(parameters.integer("axis", parameters.integer("concat_dim", 1)), layer.rank(layer.bottom()));
  Tops parts;
  for (size_t i = 0; i < layer.bottoms(); ++i) parts.push_back(layer.bottom(i));
  return {layer.op("Concat", std::move(parts), {{"axis", int64_t{axis}}})};
}

Tops slice(LayerContext& layer) {
  const Message& parameters = layer.parameters("slice_param");
  const TensorId x = layer.bottom();
  const int axis = layer.axis(parameters.integer("axis", parameters.integer("slice_dim", 1)), layer.rank(x));
  const int64_t extent = layer.extent(x, axis);
  const auto tops = static_cast<int64_t>(layer.layer().tops.size());
  Sizes points = parameters.integers("slice_point");
  if (points.empty()) {
    model_check(tops > 0 && extent % tops == 0, "{} tops do not divide an extent of {}", tops, extent);
    for (int64_t i = 1; i < tops; ++i) points.push_back(i * (extent / tops));
  }
  model_check(static_cast<int64_t>(points.size()) + 1 == tops, "{} slice points for {} tops", points.size(), tops);
  Tops parts;
  points.push_back(extent);
  int64_t begin = 0;
  for (const int64_t end : points) {
    model_check(begin < end && end <= extent, "a slice from {} to {} of an extent of {}", begin, end, extent);
    parts.push_back(layer.slice(x, axis, begin, end));
    begin = end;
  }
  return parts;
}

Tops split(LayerContext& layer) {
  return Tops(std::max<size_t>(layer.layer().tops.size(), 1), layer.bottom());
}

Tops flatten(LayerContext& layer) {
  const Message& parameters = layer.parameters("flatten_param");
  const TensorId x = layer.bottom();
  const int rank = layer.rank(x), axis = layer.axis(parameters.integer("axis", 1), rank);
  const int end = layer.axis(parameters.integer("end_axis", -1), rank);
  model_check(axis <= end, "it flattens from axis {} to {}", axis, end);
  Sizes dims(static_cast<size_t>(axis), 0);  // 0: as before
  dims.push_back(-1);
  for (int i = end + 1; i < rank; ++i) dims.push_back(layer.extent(x, i));
  return {layer.reshape(x, dims)};
}

Tops reshape(LayerContext& layer) {
  const Message& parameters = layer.parameters("reshape_param");
  const TensorId x = layer.bottom();
  const int rank = layer.rank(x);
  // From behind, the end itself is an axis, too.
  const int64_t given = parameters.integer("axis", 0), count = parameters.integer("num_axes", -1);
  const int64_t begin = given < 0 ? given + rank + 1 : given;
  const int64_t end = count == -1 ? rank : begin + count;
  model_check(begin >= 0 && begin <= end && count >= -1 && end <= rank,
              "it replaces {} axes from {} on of a blob of {}", count, given, rank);
  const Sizes wanted = parameters.child("shape").integers("dim");
  model_check(std::ranges::count(wanted, -1) <= 1 && std::ranges::all_of(wanted, [](int64_t d) { return d >= -1; }),
              "its shape has several extents of -1, or lower ones");
  Sizes dims(static_cast<size_t>(begin), 0);  // 0: as before, for Caffe and for us
  for (size_t i = 0; i < wanted.size(); ++i) {
    model_check(wanted[i] != 0 || begin + static_cast<int64_t>(i) < rank, "extent {} of its shape is 0, of no axis", i);
    dims.push_back(wanted[i]);
  }
  for (auto i = static_cast<int>(end); i < rank; ++i) dims.push_back(layer.extent(x, i));
  model_check(dims.size() <= static_cast<size_t>(kMaxRank), "its result has {} axes, at most {} are supported",
              dims.size(), kMaxRank);
  return {layer.reshape(x, dims)};
}

Tops permute(LayerContext& layer) {
  Sizes order = layer.parameters("permute_param").integers("order");
  const int rank = layer.rank(layer.bottom());
  for (const int64_t axis : order) {
    layer.axis(axis, rank);
    model_check(axis >= 0 && std::ranges::count(order, axis) == 1, "its order names axis {} twice", axis);
  }
  for (int axis = 0; axis < rank; ++axis)
    if (std::ranges::find(order, axis) == order.end()) order.push_back(axis);
  return {layer.op("Transpose", {layer.bottom()}, {{"perm", std::move(order)}})};
}

Tops crop(LayerContext& layer) {
  const Message& parameters = layer.parameters("crop_param");
  const TensorId x = layer.bottom(), like = layer.bottom(1);
  const int rank = layer.rank(x), axis = layer.axis(parameters.integer("axis", 2), rank);
  const auto cropped = static_cast<size_t>(rank - axis);
  model_check(layer.rank(like) == rank, "its bottoms have {} and {} axes", rank, layer.rank(like));
  Sizes offsets = parameters.integers("offset");
  if (offsets.empty()) offsets = {0};
  if (offsets.size() == 1) offsets.resize(cropped, offsets[0]);
  model_check(offsets.size() == cropped, "{} offsets for {} axes", offsets.size(), cropped);
  Sizes ends, axes;
  for (size_t i = 0; i < cropped; ++i) {
    const int at = axis + static_cast<int>(i);
    const int64_t extent = layer.extent(x, at), wanted = layer.extent(like, at);
    model_check(offsets[i] >= 0 && offsets[i] <= extent - wanted, "{} elements from {} on of an extent of {}", wanted,
                offsets[i], extent);
    ends.push_back(offsets[i] + wanted);
    axes.push_back(at);
  }
  return {layer.op("Slice", {x, layer.integers(offsets), layer.integers(ends), layer.integers(axes)})};
}

Tops tile(LayerContext& layer) {
  const Message& parameters = layer.parameters("tile_param");
  const TensorId x = layer.bottom();
  Sizes repeats(static_cast<size_t>(layer.rank(x)), 1);
  repeats[static_cast<size_t>(layer.axis(parameters.integer("axis", 1), layer.rank(x)))] =
      LayerContext::size(parameters, "tiles", 0);
  return {layer.op("Tile", {x, layer.integers(repeats)})};
}

Tops batch_reindex(LayerContext& layer) {
  model_check(layer.rank(layer.bottom(1)) == 1, "its indices are {}", to_string(layer.type(layer.bottom(1))));
  return {layer.op("Gather", {layer.bottom(), layer.cast(layer.bottom(1), DataType::I64)})};
}

Tops shuffle_channel(LayerContext& layer) {
  const int64_t groups = LayerContext::size(layer.parameters("shuffle_channel_param"), "group", 1);
  const TensorId x = layer.bottom();
  model_check(layer.rank(x) == 4, "its input {} is no image", to_string(layer.type(x)));
  const int64_t channels = layer.extent(x, 1), height = layer.extent(x, 2), width = layer.extent(x, 3);
  model_check(channels % groups == 0, "{} groups do not divide {} channels", groups, channels);
  const TensorId parts = layer.reshape(x, {0, groups, channels / groups, height, width});
  const TensorId mixed = layer.op("Transpose", {parts}, {{"perm", Sizes{0, 2, 1, 3, 4}}});
  return {layer.reshape(mixed, {0, channels, height, width})};
}

TensorId resized(LayerContext& layer, TensorId x, int64_t height, int64_t width, Attributes attributes) {
  model_check(height > 0 && width > 0 && height <= kMostSize && width <= kMostSize, "its result would be {} x {}",
              height, width);
  const TensorId sizes = layer.integers({layer.extent(x, 0), layer.extent(x, 1), height, width});
  return layer.op("Resize", {x, kNone, kNone, sizes}, std::move(attributes));
}

// Bilinear, corners on corners.
Tops interp(LayerContext& layer) {
  const Message& parameters = layer.parameters("interp_param");
  TensorId x = layer.bottom();
  model_check(layer.rank(x) == 4, "its input {} is no image", to_string(layer.type(x)));
  const int64_t before = parameters.integer("pad_beg", 0), after = parameters.integer("pad_end", 0);
  model_check(before <= 0 && after <= 0 && before > -kMostSize && after > -kMostSize, "pads {} and {} are not cuts",
              before, after);
  Sizes sizes;
  for (int axis = 2; axis < 4; ++axis) {
    const int64_t extent = layer.extent(x, axis);
    model_check(extent + before + after > 0, "pads {} and {} cut an extent of {}", before, after, extent);
    if (before != 0 || after != 0) x = layer.slice(x, axis, -before, extent + after);
    int64_t size = extent + before + after;
    if (layer.bottoms() > 1) {
      size = layer.extent(layer.bottom(1), axis);
    } else if (parameters.has("height") || parameters.has("width")) {
      size = LayerContext::size(parameters, axis == 2 ? "height" : "width", 0);
    } else {
      size = (size - 1) / LayerContext::size(parameters, "shrink_factor", 1) + 1;
      size += (size - 1) * (LayerContext::size(parameters, "zoom_factor", 1) - 1);
    }
    sizes.push_back(size);
  }
  return {resized(layer, x, sizes[0], sizes[1],
                  {{"mode", std::string("linear")}, {"coordinate_transformation_mode", std::string("align_corners")}})};
}

// The reverse of a pool: each value goes to where the second bottom, the pool's mask, says; the rest is 0.
TensorId unpool(LayerContext& layer, TensorId x, TensorId mask, int64_t height, int64_t width) {
  const int64_t planes = checked_elements(Sizes{layer.extent(x, 0), layer.extent(x, 1)}, kMostSize);
  model_check(layer.type(x).dims == layer.type(mask).dims, "its mask is {} for {}", to_string(layer.type(mask)),
              to_string(layer.type(x)));
  const Sizes flat = {planes, -1};
  const TensorId positions = layer.cast(layer.reshape(mask, flat), DataType::I64);
  const int64_t image = checked_elements(Sizes{height, width}, kMostSize);
  const TensorId filled = layer.op(
      "ScatterElements", {layer.filled({planes, image}, 0), positions, layer.reshape(x, flat)}, {{"axis", int64_t{1}}});
  return layer.reshape(filled, {layer.extent(x, 0), layer.extent(x, 1), height, width});
}

Tops upsample(LayerContext& layer) {
  const Message& parameters = layer.parameters("upsample_param");
  const TensorId x = layer.bottom();
  model_check(layer.rank(x) == 4, "its input {} is no image", to_string(layer.type(x)));
  const int64_t scale = LayerContext::size(parameters, "scale", layer.bottoms() > 1 ? 2 : 1);
  Sizes sizes;
  for (const std::string_view side : {"h", "w"}) {
    const int64_t factor = LayerContext::size(parameters, fmt::format("scale_{}", side), scale);
    const int64_t extent = layer.extent(x, side == "h" ? 2 : 3);
    model_check(extent <= kMostSize, "its input has {} rows or columns", extent);
    const int64_t cut = parameters.flag(fmt::format("pad_out_{}", side), false) ? 1 : 0;
    sizes.push_back(LayerContext::size(parameters, fmt::format("upsample_{}", side), extent * factor - cut));
  }
  if (layer.bottoms() > 1) return {unpool(layer, x, layer.bottom(1), sizes[0], sizes[1])};
  return {resized(layer, x, sizes[0], sizes[1],
                  {{"mode", std::string("nearest")},
                   {"coordinate_transformation_mode", std::string("asymmetric")},
                   {"nearest_mode", std::string("floor")}})};
}

constexpr LayerEntry kLayers[] = {
    {"BatchReindex", batch_reindex},
    {"Concat", concat},
    {"Crop", crop},
    {"Flatten", flatten},
    {"Interp", interp},
    {"Permute", permute},
    {"Reshape", reshape},
    {"Slice", slice},
    {"ShuffleChannel", shuffle_channel},
    {"Split", split},
    {"Tile", tile},
    {"Upsample", upsample},
};

}  // namespace

std::span<const LayerEntry> shape_layers() {
  return kLayers;
}

}  // namespace tn::import::caffe
