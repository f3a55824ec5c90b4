// SPDX-License-Identifier: Apache-2.0
#include "ops/conv/conv_transpose.h"

#include "ops/entry.h"
#include "ops/rules.h"

namespace tn::ops {

std::vector<TensorType> ConvTranspose::infer(const InferContext& context) const {
  const TensorType &x = context.type(0), &w = context.type(1);
  model_check(x.rank() >= 3 && w.rank() == x.rank(), "X is {} and W is {}", to_string(x), to_string(w));
  check_same_type(context, 0, 1);
  const auto filter = w.static_shape();
  model_check(filter.has_value(), "the filter {} must have known extents", to_string(w));
  const size_t spatial = x.dims.size() - 2;
  model_check(strides.size() == spatial && dilations.size() == spatial && pads.size() == 2 * spatial &&
                  output_padding.size() == spatial,
              "strides, dilations, pads or output_padding do not fit {} spatial axes", spatial);
  model_check(group > 0 && (*filter)[0] % group == 0, "{} input channels are not divisible by group {}", (*filter)[0],
              group);
  model_check(may_equal(x.dims[1], (*filter)[0]), "X {} and W {} differ in channels", to_string(x), to_string(w));
  const int64_t channels = (*filter)[1] * group;
  if (context.has(2)) {
    model_check(context.type(2).dims == Dims{channels}, "bias is {}, [{}] is needed", to_string(context.type(2)),
                channels);
  }
  Dims dims = {x.dims[0], channels};
  for (size_t i = 0; i < spatial; ++i) {
    const Dim extent = (Dim((*filter)[2 + static_cast<int>(i)]) - 1) * dilations[i] + 1;
    const Dim out = (x.dims[2 + i] - 1) * strides[i] + extent + output_padding[i] - pads[i] - pads[spatial + i];
    model_check(!out.is_constant() || *out.constant() > 0, "pads leave nothing of the output along axis {}", 2 + i);
    dims.push_back(out);
  }
  return {{x.type, std::move(dims)}};
}

bool ConvTranspose::splits_batch(const InferContext& context, const Dim& batch) const {
  return only_first_has_batch(context, batch);
}

namespace {

// Padding that an output extent implies: output_shape, or auto_pad SAME, which asks for in · stride.
void resolve_pads(const NodeView& node, const TensorType& x, const std::vector<int64_t>& kernel,
                  ConvTransposeAttributes& a) {
  const size_t spatial = kernel.size();
  const std::string mode = node.text("auto_pad", "NOTSET");
  const std::vector<int64_t> wanted = node.integers("output_shape");
  if (mode == "VALID") a.pads.assign(2 * spatial, 0);
  if (wanted.empty() && mode != "SAME_UPPER" && mode != "SAME_LOWER") return;
  model_check(wanted.empty() || wanted.size() >= spatial, "output_shape has {} entries for {} axes", wanted.size(),
              spatial);
  for (size_t i = 0; i < spatial; ++i) {
    const Dim full =
        (x.dims[2 + i] - 1) * a.strides[i] + a.output_padding[i] + (Dim(kernel[i]) - 1) * a.dilations[i] + 1;
    const Dim target = wanted.empty() ? x.dims[2 + i] * a.strides[i] : Dim(wanted[wanted.size() - spatial + i]);
    const auto total = (full - target).constant();
    model_check(total.has_value(), "output_shape needs a known spatial extent, not {}", x.dims[2 + i].to_string());
    const int64_t half = *total / 2;
    a.pads[i] = *total < 0 ? 0 : mode == "SAME_UPPER" ? half : *total - half;  // what is missing comes at the end
    a.pads[spatial + i] = *total - a.pads[i];
  }
}

std::vector<TensorId> import_conv_transpose(NodeView& node) {
  const TensorType &x = node.type(node.input(0)), &w = node.type(node.input(1));
  const auto filter = w.static_shape();
  model_check(filter.has_value() && w.rank() >= 3 && w.rank() == x.rank(), "X is {}, the filter is {}", to_string(x),
              to_string(w));
  const std::vector<int64_t> kernel(filter->begin() + 2, filter->end());
  const size_t spatial = kernel.size();
  ConvTransposeAttributes a;
  a.strides = node.integers("strides", std::vector<int64_t>(spatial, 1));
  a.dilations = node.integers("dilations", std::vector<int64_t>(spatial, 1));
  a.pads = node.integers("pads", std::vector<int64_t>(2 * spatial, 0));
  a.output_padding = node.integers("output_padding", std::vector<int64_t>(spatial, 0));
  a.group = node.integer("group", 1);
  model_check(a.strides.size() == spatial && a.dilations.size() == spatial && a.pads.size() == 2 * spatial &&
                  a.output_padding.size() == spatial,
              "strides, dilations, pads or output_padding do not fit {} spatial axes", spatial);
  resolve_pads(node, x, kernel, a);
  return node.add_all(std::make_shared<ConvTranspose>(std::move(a)), node.inputs);
}

constexpr OnnxImporter kOnnx[] = {{"ConvTranspose", 1, import_conv_transpose}};
constexpr std::string_view kCases[] = {
    "ConvTranspose(f32[1,4,7,7], f32[4,3,2,2], f32[3]) {strides=[2,2], dilations=[1,1], pads=[0,0,0,0], "
    "output_padding=[0,0]}",
    "ConvTranspose(f32[2,6,5,6], f32[6,2,3,3]) {strides=[2,1], dilations=[1,2], pads=[1,0,1,1], output_padding=[1,0], "
    "group=3}",
    "ConvTranspose(f32[1,2,9], f32[2,3,4]) {strides=[3], dilations=[1], pads=[0,1], output_padding=[0]}",
    "ConvTranspose(f32[1,2,3,4,5], f32[2,2,2,2,2]) {strides=[1,2,1], dilations=[1,1,1], pads=[0,0,0,0,0,0], "
    "output_padding=[0,0,0]}",
};

}  // namespace

extern const OpEntry conv_transpose_entry = {ConvTranspose::kName, make_op<ConvTranspose>, kOnnx, kCases};

}  // namespace tn::ops
