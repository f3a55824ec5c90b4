// SPDX-License-Identifier: Apache-2.0
// Operators of com.microsoft on quantized tensors: dequantized, computed, quantized again.
#include "ops/quant/qlinear.h"

#include <algorithm>

#include "base/error.h"
#include "ops/compose.h"
#include "ops/entry.h"
#include "ops/microsoft/channels_last.h"
#include "ops/plain.h"

namespace tn::ops {
namespace {

DataType type_of(const NodeView& node, size_t index) {
  return node.type(node.input(index)).type;
}

std::vector<TensorId> binary(NodeView& node, std::string_view op) {
  const TensorId a = dequantized_input(node, 0), b = dequantized_input(node, 3);
  return quantized_result(node, compose(node, op, {a, b}), 6, type_of(node, 0));
}
std::vector<TensorId> import_add(NodeView& node) {
  return binary(node, "Add");
}
std::vector<TensorId> import_mul(NodeView& node) {
  return binary(node, "Mul");
}

// X, its quantization, that of the result. An image may have its channels last.
std::vector<TensorId> unary(NodeView& node, std::string_view op_type, int64_t version = 1000) {
  const bool last = node.integer("channels_last", 0) != 0;
  const TensorId x = dequantized_input(node, 0);
  const TensorId y = import_plain(node, op_type, {last ? to_channels_first(node, x) : x}, version)[0];
  return quantized_result(node, last ? to_channels_last(node, y) : y, 3, type_of(node, 0));
}
std::vector<TensorId> import_sigmoid(NodeView& node) {
  return unary(node, "Sigmoid");
}
std::vector<TensorId> import_leaky_relu(NodeView& node) {
  return unary(node, "LeakyRelu");
}
std::vector<TensorId> import_average_pool(NodeView& node) {
  return unary(node, "AveragePool");
}
std::vector<TensorId> import_global_average_pool(NodeView& node) {
  return unary(node, "GlobalAveragePool");
}
std::vector<TensorId> import_softmax(NodeView& node) {
  const int64_t opset = node.integer("opset", 13);
  model_check(opset > 0, "opset is {}", opset);
  node.attributes.try_emplace("axis", int64_t{-1});
  return unary(node, "Softmax", opset);
}

std::vector<TensorId> import_concat(NodeView& node) {
  std::vector<TensorId> parts;
  for (size_t i = 2; i + 1 < node.inputs.size(); i += 3) parts.push_back(dequantized_input(node, i));
  return quantized_result(node, concat(node, std::move(parts), node.integer("axis", 0)), 0, type_of(node, 2));
}

std::vector<TensorId> import_where(NodeView& node) {
  const TensorId x = dequantized_input(node, 1), y = dequantized_input(node, 4);
  return quantized_result(node, compose(node, "Where", {node.input(0), x, y}), 7, type_of(node, 1));
}

std::vector<TensorId> import_conv(NodeView& node) {
  if (node.integer("channels_last", 0) == 0) return import_plain(node, "QLinearConv", node.inputs);
  std::vector<TensorId> inputs = node.inputs;
  inputs[0] = to_channels_first(node, node.input(0));
  return {to_channels_last(node, import_plain(node, "QLinearConv", std::move(inputs))[0])};
}

std::vector<TensorId> import_nhwc_max_pool(NodeView& node) {
  const TensorId x = to_channels_first(node, node.input(0));
  return {to_channels_last(node, import_plain(node, "MaxPool", {x})[0])};
}

// The result is quantized where a scale for it is given.
std::vector<TensorId> import_gemm(NodeView& node) {
  const bool transposed = node.integer("transB", 0) != 0;
  std::vector<TensorId> inputs = {dequantized_input(node, 0), dequantized_input(node, 3, transposed ? 0 : 1)};
  if (node.has_input(6)) inputs.push_back(dequantized_bias(node, 6, 1, 4, node.number("alpha", 1)));
  const std::vector<TensorId> y = import_plain(node, "Gemm", std::move(inputs));
  return node.has_input(7) ? quantized_result(node, y[0], 7, type_of(node, 0)) : y;
}

constexpr std::string_view kMicrosoft = "com.microsoft";
constexpr OnnxImporter kOnnx[] = {{"QGemm", 1, import_gemm, kMicrosoft},
                                  {"QLinearAdd", 1, import_add, kMicrosoft},
                                  {"QLinearMul", 1, import_mul, kMicrosoft},
                                  {"QLinearSigmoid", 1, import_sigmoid, kMicrosoft},
                                  {"QLinearLeakyRelu", 1, import_leaky_relu, kMicrosoft},
                                  {"QLinearSoftmax", 1, import_softmax, kMicrosoft},
                                  {"QLinearAveragePool", 1, import_average_pool, kMicrosoft},
                                  {"QLinearGlobalAveragePool", 1, import_global_average_pool, kMicrosoft},
                                  {"QLinearConcat", 1, import_concat, kMicrosoft},
                                  {"QLinearWhere", 1, import_where, kMicrosoft},
                                  {"QLinearConv", 1, import_conv, kMicrosoft},
                                  {"NhwcMaxPool", 1, import_nhwc_max_pool, kMicrosoft}};

}  // namespace

extern const OpEntry microsoft_qlinear_entry = {"MicrosoftQLinear", nullptr, kOnnx, {}};

}  // namespace tn::ops
