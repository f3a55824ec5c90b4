// SPDX-License-Identifier: Apache-2.0
// Regions of images brought to one extent.
#include "ops/image/reference/roi.h"

#include "ops/entry.h"
#include "ops/rules.h"

namespace tn::ops {
namespace {

// [regions,C,height,width] of images [N,C,H,W].
TensorType pooled_regions(const InferContext& context, int columns, int64_t height, int64_t width) {
  check_rank(context, 0, 4);
  check_rank(context, 1, 2);
  check_same_type(context, 0, 1);
  const TensorType &x = context.type(0), &rois = context.type(1);
  model_check(is_float(x.type) && may_equal(rois.dims[1], columns) && height > 0 && width > 0,
              "X is {}, the regions are {}, results {} × {}", to_string(x), to_string(rois), height, width);
  return {x.type, {rois.dims[0], x.dims[1], height, width}};
}

/// Inputs: X [N,C,H,W], regions [R,4] as x1, y1, x2, y2, the image of each [R].
struct RoiAlign final : OpBase<RoiAlign, Referenced>, RoiAlignAttributes {
  static constexpr std::string_view kName = "RoiAlign";
  using RoiAlignAttributes::fields;
  std::vector<TensorType> infer(const InferContext& context) const override {
    TensorType result = pooled_regions(context, 4, height, width);
    check_rank(context, 2, 1);
    unify(result.dims[0], context.type(2).dims[0], "regions");
    return {std::move(result)};
  }
};

/// Inputs: X [N,C,H,W], regions [R,5] as image, x1, y1, x2, y2.
struct MaxRoiPool final : OpBase<MaxRoiPool, Referenced>, MaxRoiPoolAttributes {
  static constexpr std::string_view kName = "MaxRoiPool";
  using MaxRoiPoolAttributes::fields;
  std::vector<TensorType> infer(const InferContext& context) const override {
    return {pooled_regions(context, 5, height, width)};
  }
};

std::vector<TensorId> import_align(NodeView& node, bool half_pixel) {
  auto op = std::make_shared<RoiAlign>();
  op->set_attributes({{"mode", node.text("mode", "avg")}});
  op->height = node.integer("output_height", 1);
  op->width = node.integer("output_width", 1);
  op->scale = node.number("spatial_scale", 1);
  op->sampling_ratio = node.integer("sampling_ratio", 0);
  op->half_pixel = half_pixel;
  return node.add_all(std::move(op), node.inputs);
}

// Before opset 16 coordinates were not shifted.
std::vector<TensorId> import_align_10(NodeView& node) {
  return import_align(node, false);
}
std::vector<TensorId> import_align_16(NodeView& node) {
  const std::string mode = node.text("coordinate_transformation_mode", "half_pixel");
  model_check(mode == "half_pixel" || mode == "output_half_pixel", "coordinate_transformation_mode is '{}'", mode);
  return import_align(node, mode == "half_pixel");
}

std::vector<TensorId> import_max_roi_pool(NodeView& node) {
  const std::vector<int64_t> shape = node.integers("pooled_shape");
  model_check(shape.size() == 2, "pooled_shape has {} extents", shape.size());
  auto op = std::make_shared<MaxRoiPool>();
  op->height = shape[0];
  op->width = shape[1];
  op->scale = node.number("spatial_scale", 1);
  return node.add_all(std::move(op), node.inputs);
}

constexpr OnnxImporter kAlign[] = {{"RoiAlign", 10, import_align_10}, {"RoiAlign", 16, import_align_16}};
constexpr OnnxImporter kPool[] = {{"MaxRoiPool", 1, import_max_roi_pool}};
constexpr std::string_view kAlignCases[] = {
    "RoiAlign(f32[2,3,9,8], f32[2,4]{0,0,7,5,1.5,2,3,8}, i64[2]{1,0}) {height=3, width=2}",
    "RoiAlign(f32[1,2,6,6], f32[1,4]{0,0,9,9}, i64[1]{0}) {height=2, width=2, scale=0.5, mode=\"max\", "
    "sampling_ratio=2, half_pixel=false}",
};
constexpr std::string_view kPoolCases[] = {
    "MaxRoiPool(f32[2,3,9,8], f32[2,5]{0,0,0,7,5,1,1,2,3,8}) {height=3, width=2}",
    "MaxRoiPool(f32[1,2,6,6], f32[1,5]{0,2,2,30,9}) {height=2, width=4, scale=0.5}",
};

}  // namespace

extern const OpEntry roi_align_entry = {RoiAlign::kName, make_op<RoiAlign>, kAlign, kAlignCases};
extern const OpEntry max_roi_pool_entry = {MaxRoiPool::kName, make_op<MaxRoiPool>, kPool, kPoolCases};

}  // namespace tn::ops
