// SPDX-License-Identifier: Apache-2.0
// ONNX's CenterCropPad: a slice where the wanted extent is smaller, zeros around where it is larger.
#include <numeric>

#include "ops/compose.h"
#include "ops/entry.h"
#include "ops/rules.h"

namespace tn::ops {
namespace {

std::vector<TensorId> import_center_crop_pad(NodeView& node) {
  const TensorId x = node.input(0);
  const Dims dims = node.type(x).dims;
  const Dims wanted = required_value(node, node.input(1), "the shape");
  std::vector<int64_t> all(dims.size());
  std::iota(all.begin(), all.end(), 0);
  const std::vector<int> axes = normalize_axes(node.integers("axes", all), static_cast<int>(dims.size()));
  model_check(wanted.size() == axes.size(), "{} extents for {} axes", wanted.size(), axes.size());
  Dims begins, ends, pads;
  std::vector<int64_t> cropped;
  for (size_t i = 0; i < axes.size(); ++i) {
    const Dim& extent = dims[static_cast<size_t>(axes[i])];
    const Dim &want = wanted[i], kept = smaller(extent, want);
    begins.push_back(Dim::floor_div(extent - kept, 2));
    ends.push_back(begins.back() + kept);
    pads.push_back(Dim::floor_div(want - kept, 2));
    cropped.push_back(axes[i]);
  }
  for (size_t i = 0; i < axes.size(); ++i)
    pads.push_back(wanted[i] - smaller(dims[static_cast<size_t>(axes[i])], wanted[i]) - pads[i]);
  const TensorId along = node.add_integers(cropped);
  const TensorId part = compose(node, "Slice", {x, extents(node, begins), extents(node, ends), along});
  return {compose(node, "Pad", {part, extents(node, pads), kNone, along})};
}

constexpr OnnxImporter kOnnx[] = {{"CenterCropPad", 18, import_center_crop_pad}};

}  // namespace

extern const OpEntry center_crop_pad_entry = {"CenterCropPad", nullptr, kOnnx, {}};

}  // namespace tn::ops
