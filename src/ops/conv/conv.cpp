// SPDX-License-Identifier: Apache-2.0
#include "ops/conv/conv.h"

#include "ops/conv/window.h"
#include "ops/entry.h"
#include "ops/rules.h"

namespace tn::ops {

std::vector<TensorType> Conv::infer(const InferContext& context) const {
  const TensorType &x = context.type(0), &w = context.type(1);
  model_check(x.rank() >= 3 && w.rank() == x.rank(), "X is {} and W is {}", to_string(x), to_string(w));
  check_same_type(context, 0, 1);
  const auto filter = w.static_shape();
  model_check(filter.has_value(), "the filter {} must have known extents", to_string(w));
  const size_t spatial = static_cast<size_t>(x.rank()) - 2;
  model_check(strides.size() == spatial && dilations.size() == spatial && pads.size() == 2 * spatial,
              "strides, dilations or pads do not fit {} spatial axes", spatial);
  model_check(group > 0 && (*filter)[0] % group == 0, "{} output channels are not divisible by group {}", (*filter)[0],
              group);
  model_check(may_equal(x.dims[1], (*filter)[1] * group), "X {} has {} channels, W {} with group {} needs {}",
              to_string(x), x.dims[1].to_string(), to_string(w), group, (*filter)[1] * group);
  if (context.has(2)) {
    model_check(context.type(2).dims == Dims{(*filter)[0]}, "bias is {}, [{}] is needed", to_string(context.type(2)),
                (*filter)[0]);
  }
  const Window window{{filter->begin() + 2, filter->end()}, strides, dilations, pads};
  Dims dims = {x.dims[0], (*filter)[0]};
  for (const Dim& dim : slide({x.dims.begin() + 2, x.dims.end()}, window)) dims.push_back(dim);
  return {{x.type, std::move(dims)}};
}

bool Conv::splits_batch(const InferContext& context, const Dim& batch) const {
  return only_first_has_batch(context, batch);
}

namespace {

std::vector<TensorId> import_conv(NodeView& node) {
  const TensorType& w = node.type(node.input(1));
  const auto filter = w.static_shape();
  model_check(filter.has_value() && w.rank() >= 3, "the filter is {}", to_string(w));
  const Window window = import_window(node, node.type(node.input(0)), {filter->begin() + 2, filter->end()});
  return node.add_all(
      std::make_shared<Conv>(ConvAttributes{window.strides, window.dilations, window.pads, node.integer("group", 1)}),
      node.inputs);
}

constexpr OnnxImporter kOnnx[] = {{"Conv", 1, import_conv}};
constexpr std::string_view kCases[] = {
    "Conv(f32[1,8,14,14], f32[16,8,3,3], f32[16]) {strides=[1,1], dilations=[1,1], pads=[1,1,1,1]}",
    "Conv(f32[2,6,9,11], f32[9,2,3,2]) {strides=[2,1], dilations=[1,2], pads=[0,1,2,3], group=3}",
    "Conv(f32[1,5,20], f32[4,5,3], f32[4]) {strides=[2], dilations=[1], pads=[1,1]}",
    "Conv(f32[2,3,12,9], f32[24,3,4,4], f32[24]) {strides=[4,4], dilations=[1,1], pads=[0,0,0,0]}",
    "Conv(f32[1,2,5,6,7], f32[3,2,2,3,3]) {strides=[1,2,1], dilations=[1,1,1], pads=[1,1,1,0,1,1]}",
};

}  // namespace

extern const OpEntry conv_entry = {Conv::kName, make_op<Conv>, kOnnx, kCases};

}  // namespace tn::ops
