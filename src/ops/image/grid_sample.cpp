// SPDX-License-Identifier: Apache-2.0
#include "ops/image/reference/grid_sample.h"

#include "ops/entry.h"
#include "ops/rules.h"

namespace tn::ops {
namespace {

/// Inputs: X [N,C,D…], grid [N,O…,axes] of coordinates in [-1, 1], innermost axis first. Output: [N,C,O…].
struct GridSample final : OpBase<GridSample, Referenced>, GridSampleAttributes {
  static constexpr std::string_view kName = "GridSample";
  using GridSampleAttributes::fields;
  std::vector<TensorType> infer(const InferContext& context) const override {
    const TensorType &x = context.type(0), &grid = context.type(1);
    model_check(
        is_float(grid.type) && x.rank() >= 3 && grid.rank() == x.rank() && grid.dims.back() == Dim(x.rank() - 2),
        "X is {}, the grid {}", to_string(x), to_string(grid));
    Dims dims = {unify(x.dims[0], grid.dims[0], "batch extents"), x.dims[1]};
    dims.insert(dims.end(), grid.dims.begin() + 1, grid.dims.end() - 1);
    return {{x.type, std::move(dims)}};
  }
  bool splits_batch(const InferContext& context, const Dim& batch) const override {
    return begins_with(context, 0, batch) && begins_with(context, 1, batch);
  }
};

// Opset 16 has other names for the modes.
std::vector<TensorId> import_grid_sample(NodeView& node) {
  auto op = std::make_shared<GridSample>();
  std::string mode = node.text("mode", "linear");
  if (mode.starts_with("bi")) mode = mode.substr(2);
  op->set_attributes({{"mode", mode},
                      {"padding_mode", node.text("padding_mode", "zeros")},
                      {"align_corners", node.integer("align_corners", 0) != 0}});
  return node.add_all(std::move(op), {node.input(0), node.input(1)});
}

constexpr OnnxImporter kOnnx[] = {{"GridSample", 16, import_grid_sample}};
constexpr std::string_view kCases[] = {
    "GridSample(f32[1,2,4,5], f32[1,3,2,2])",
    "GridSample(f32[1,1,3,4], f32[1,2,2,2]) {mode=\"cubic\", padding_mode=\"border\"}"};

}  // namespace

extern const OpEntry grid_sample_entry = {GridSample::kName, make_op<GridSample>, kOnnx, kCases};

}  // namespace tn::ops
