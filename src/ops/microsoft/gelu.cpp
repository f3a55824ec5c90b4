// SPDX-License-Identifier: Apache-2.0
// The forms of GELU in com.microsoft.
#include "base/error.h"
#include "ops/compose.h"
#include "ops/entry.h"
#include "ops/matmul/matmul.h"

namespace tn::ops {
namespace {

TensorId gelu(NodeView& node, TensorId x, bool tanh) {
  return compose(node, "Gelu", {x}, {{"approximate", std::string(tanh ? "tanh" : "none")}});
}

TensorId biased(NodeView& node, TensorId x, size_t bias) {
  return node.has_input(bias) ? compose(node, "Add", {x, node.input(bias)}) : x;
}

template <bool kTanh>
std::vector<TensorId> import_bias_gelu(NodeView& node) {
  return {gelu(node, biased(node, node.input(0), 1), kTanh)};
}

std::vector<TensorId> import_gemm_fast_gelu(NodeView& node) {
  return {gelu(node, biased(node, matmul(node, node.input(0), node.input(1)), 2), true)};
}

std::vector<TensorId> import_quick_gelu(NodeView& node) {
  return {compose(node, "Silu", node.inputs, {{"alpha", node.number("alpha", 1.702)}})};
}

// The first half of the last axis times GELU of the second.
std::vector<TensorId> import_bias_split_gelu(NodeView& node) {
  const TensorId x = biased(node, node.input(0), 1);
  const TensorType& type = node.type(x);
  model_check(type.rank() > 0, "X is {}", to_string(type));
  const Dim whole = type.dims.back(), half = Dim::floor_div(whole, 2);
  const TensorId left = slice(node, x, -1, 0, half);
  return {compose(node, "Mul", {left, gelu(node, slice(node, x, -1, half, whole), false)})};
}

constexpr std::string_view kMicrosoft = "com.microsoft";
constexpr OnnxImporter kOnnx[] = {
    {"Gelu", 1, import_bias_gelu<false>, kMicrosoft},    {"BiasGelu", 1, import_bias_gelu<false>, kMicrosoft},
    {"FastGelu", 1, import_bias_gelu<true>, kMicrosoft}, {"GemmFastGelu", 1, import_gemm_fast_gelu, kMicrosoft},
    {"QuickGelu", 1, import_quick_gelu, kMicrosoft},     {"BiasSplitGelu", 1, import_bias_split_gelu, kMicrosoft}};

}  // namespace

extern const OpEntry microsoft_gelu_entry = {"MicrosoftGelu", nullptr, kOnnx, {}};

}  // namespace tn::ops
