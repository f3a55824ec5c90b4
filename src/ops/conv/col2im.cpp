// SPDX-License-Identifier: Apache-2.0
#include "ops/conv/reference/col2im.h"

#include "ops/conv/window.h"
#include "ops/entry.h"
#include "ops/rules.h"

namespace tn::ops {
namespace {

/// Inputs: columns [N, C·elements of a block, blocks], extents of the image. Output: [N,C,image…], every block added to
/// where it lies.
struct Col2Im final : OpBase<Col2Im, Referenced>, Col2ImAttributes {
  static constexpr std::string_view kName = "Col2Im";
  using Col2ImAttributes::fields;
  std::vector<TensorType> infer(const InferContext& context) const override {
    check_rank(context, 0, 3);
    const TensorType& x = context.type(0);
    const Dims* image = context.value(1);
    const size_t spatial = block.size();
    model_check(image && image->size() == spatial, "the extents of the image must be computable, {} of them", spatial);
    model_check(strides.size() == spatial && dilations.size() == spatial && pads.size() == 2 * spatial,
                "strides, dilations or pads do not fit {} spatial axes", spatial);
    const int64_t elements = *product({block.begin(), block.end()}).constant();
    model_check(elements > 0, "a block of {} elements", elements);
    const Dim blocks = product(slide(*image, {block, strides, dilations, pads}));
    const bool fits = !x.dims[1].is_constant() || *x.dims[1].constant() % elements == 0;
    model_check(fits && may_equal(x.dims[2], blocks), "{} does not hold {} blocks of {} elements", to_string(x),
                blocks.to_string(), elements);
    Dims dims = {x.dims[0], Dim::floor_div(x.dims[1], elements)};
    dims.insert(dims.end(), image->begin(), image->end());
    return {{x.type, std::move(dims)}};
  }
  bool splits_batch(const InferContext& context, const Dim& batch) const override {
    return only_first_has_batch(context, batch);
  }
};

std::vector<TensorId> import_col2im(NodeView& node) {
  const auto block = node.known_integers(node.input(2));
  model_check(block.has_value(), "block_shape must be a constant");
  auto op = std::make_shared<Col2Im>();
  op->block = *block;
  op->strides = node.integers("strides", std::vector<int64_t>(block->size(), 1));
  op->dilations = node.integers("dilations", std::vector<int64_t>(block->size(), 1));
  op->pads = node.integers("pads", std::vector<int64_t>(2 * block->size(), 0));
  for (size_t i = 0; i < block->size(); ++i) {
    model_check((*block)[i] > 0 && i < op->strides.size() && op->strides[i] > 0 && i < op->dilations.size() &&
                    op->dilations[i] > 0,
                "block_shape, strides and dilations must be positive, and as many");
  }
  return node.add_all(std::move(op), {node.input(0), node.input(1)});
}

constexpr OnnxImporter kOnnx[] = {{"Col2Im", 18, import_col2im}};
constexpr std::string_view kCases[] = {
    "Col2Im(f32[1,5,5], i64[2]{5,5}) {block=[1,5], strides=[1,1], dilations=[1,1], pads=[0,0,0,0]}",
    "Col2Im(f32[2,8,12], i64[2]{6,7}) {block=[2,2], strides=[2,2], dilations=[1,2], pads=[0,1,0,2]}",
    "Col2Im(i32[1,6,7], i64[1]{9}) {block=[3], strides=[1], dilations=[1], pads=[0,0]}",
};

}  // namespace

extern const OpEntry col2im_entry = {Col2Im::kName, make_op<Col2Im>, kOnnx, kCases};

}  // namespace tn::ops
