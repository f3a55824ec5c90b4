// SPDX-License-Identifier: Apache-2.0
// ONNX's CausalConvWithState: a depthwise convolution over the past and the present.
#include "ops/compose.h"
#include "ops/entry.h"

namespace tn::ops {
namespace {

constexpr int64_t kTime = 2;

// The input behind the `past` values before it: those given, or zeros.
TensorId with_past(NodeView& node, int64_t past) {
  const TensorId x = node.input(0);
  if (past == 0) return x;
  if (node.has_input(3)) return concat(node, {node.input(3), x}, kTime);
  const int64_t pads[] = {0, 0, past, 0, 0, 0};
  return compose(node, "Pad", {x, node.add_integers(pads)});
}

std::vector<TensorId> import_causal_conv(NodeView& node) {
  const TensorType &x = node.type(node.input(0)), &w = node.type(node.input(1));
  model_check(x.rank() == 3 && w.rank() == 3 && w.static_shape(), "the input is {}, the weight {}", to_string(x),
              to_string(w));
  const int64_t channels = *w.dims[0].constant(), past = *w.dims[2].constant() - 1;
  const TensorId all = with_past(node, past);
  std::vector<TensorId> inputs = {all, node.input(1)};
  if (node.has_input(2)) inputs.push_back(node.input(2));
  const std::vector<int64_t> one = {1}, none = {0, 0};
  TensorId y = compose(node, "Conv", std::move(inputs),
                       {{"strides", one}, {"dilations", one}, {"pads", none}, {"group", channels}});
  const std::string activation = node.text("activation", "none");
  model_check(activation == "none" || activation == "silu" || activation == "swish", "activation is '{}'", activation);
  if (activation != "none") y = compose(node, "Silu", {y});
  const Dim length = node.type(all).dims[kTime];
  return {y, slice(node, all, kTime, length - past, length)};
}

constexpr OnnxImporter kOnnx[] = {{"CausalConvWithState", 27, import_causal_conv}};

}  // namespace

extern const OpEntry causal_conv_entry = {"CausalConvWithState", nullptr, kOnnx, {}};

}  // namespace tn::ops
