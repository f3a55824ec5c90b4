// SPDX-License-Identifier: Apache-2.0
// Convolutions and products of com.microsoft with transposes, a summand and an activation.
#include <numeric>

#include "ops/compose.h"
#include "ops/entry.h"
#include "ops/matmul/matmul.h"
#include "ops/microsoft/channels_last.h"
#include "ops/microsoft/fused_activation.h"
#include "ops/plain.h"

namespace tn::ops {
namespace {

// Inputs: X, W, bias, and what is added before the activation.
std::vector<TensorId> import_fused_conv(NodeView& node) {
  const size_t inputs = std::min<size_t>(node.inputs.size(), 3);
  TensorId y = import_plain(node, "Conv", {node.inputs.begin(), node.inputs.begin() + static_cast<int64_t>(inputs)})[0];
  if (node.has_input(3)) y = compose(node, "Add", {y, node.input(3)});
  return {activate_with_params(node, y)};
}

std::vector<TensorId> import_nhwc_fused_conv(NodeView& node) {
  for (const size_t image : {size_t{0}, size_t{3}}) {
    if (node.has_input(image)) node.inputs[image] = to_channels_first(node, node.inputs[image]);
  }
  return {to_channels_last(node, import_fused_conv(node)[0])};
}

std::vector<TensorId> import_fused_gemm(NodeView& node) {
  return {activate_with_letters(node, import_plain(node, "Gemm", node.inputs)[0])};
}

// The first axis moves in front of the last one.
TensorId transpose_batch(NodeView& node, TensorId x) {
  const int rank = node.type(x).rank();
  if (rank < 3) return x;
  std::vector<int64_t> axes(static_cast<size_t>(rank));
  std::iota(axes.begin(), axes.end(), 0);
  std::rotate(axes.begin(), axes.begin() + 1, axes.end() - 1);
  return transpose(node, x, std::move(axes));
}

std::vector<TensorId> import_fused_matmul(NodeView& node) {
  TensorId a = node.input(0), b = node.input(1);
  if (node.integer("transBatchA", 0) != 0) a = transpose_batch(node, a);
  if (node.integer("transBatchB", 0) != 0) b = transpose_batch(node, b);
  const TensorId product = matmul(node, a, b, {node.integer("transA", 0) != 0, node.integer("transB", 0) != 0});
  const double alpha = node.number("alpha", 1);
  return {alpha == 1 ? product : compose(node, "Mul", {product, scalar_like(node, alpha, product)})};
}

std::vector<TensorId> import_fused_matmul_activation(NodeView& node) {
  return {activate_with_letters(node, import_fused_matmul(node)[0])};
}

constexpr std::string_view kMicrosoft = "com.microsoft";
constexpr OnnxImporter kOnnx[] = {{"FusedConv", 1, import_fused_conv, kMicrosoft},
                                  {"NhwcFusedConv", 1, import_nhwc_fused_conv, kMicrosoft},
                                  {"FusedGemm", 1, import_fused_gemm, kMicrosoft},
                                  {"FusedMatMul", 1, import_fused_matmul, kMicrosoft},
                                  {"TransposeMatMul", 1, import_fused_matmul, kMicrosoft},
                                  {"FusedMatMulActivation", 1, import_fused_matmul_activation, kMicrosoft}};

}  // namespace

extern const OpEntry microsoft_fused_entry = {"MicrosoftFused", nullptr, kOnnx, {}};

}  // namespace tn::ops
