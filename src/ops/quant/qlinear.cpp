// SPDX-License-Identifier: Apache-2.0
// Operators on quantized tensors: dequantized, computed, quantized again. And products of integers.
#include <algorithm>
#include <utility>

#include "ops/compose.h"
#include "ops/entry.h"
#include "ops/matmul/matmul.h"
#include "ops/quant/quantize.h"

namespace tn::ops {
namespace {

// Tensor, scale and zero point follow each other as inputs.
Quantization quantization_at(NodeView& node, size_t index, int64_t axis) {
  return {cast_to(node, node.input(index), DataType::F32), node.has_input(index + 1) ? node.input(index + 1) : kNone,
          axis};
}

TensorId real(NodeView& node, size_t index, int64_t axis = 1) {
  return dequantize(node, node.input(index), quantization_at(node, index + 1, axis));
}

// The result with scale and zero point at inputs index and index + 1.
std::vector<TensorId> quantized(NodeView& node, TensorId y, size_t index, DataType fallback) {
  const Quantization quantization = quantization_at(node, index, 1);
  const DataType to = quantization.zero_point == kNone ? fallback : node.type(quantization.zero_point).type;
  return {quantize(node, y, quantization, to)};
}

DataType type_of(const NodeView& node, size_t index) {
  return node.type(node.input(index)).type;
}

// Runs the importer of a plain operator on other inputs.
TensorId as_plain(NodeView& node, std::string_view op_type, std::vector<TensorId> inputs) {
  constexpr int64_t kNewest = 1000;
  std::vector<TensorId> own = std::exchange(node.inputs, std::move(inputs));
  const TensorId result = find_onnx_importer("", op_type, kNewest)->import(node)[0];
  node.inputs = std::move(own);
  return result;
}

void check_channels_first(const NodeView& node) {
  if (node.integer("channels_last", 0) != 0) throw Error(ErrorCode::Unsupported, "channels_last");
}

// A bias of int32 counts in steps of x_scale · w_scale.
TensorId real_bias(NodeView& node, size_t bias, size_t x_scale, size_t w_scale) {
  const TensorId step =
      compose(node, "Mul",
              {cast_to(node, node.input(x_scale), DataType::F32), cast_to(node, node.input(w_scale), DataType::F32)});
  return dequantize(node, node.input(bias), {step, kNone, 0});
}

std::vector<TensorId> import_qlinear_conv(NodeView& node) {
  std::vector<TensorId> inputs = {real(node, 0), real(node, 3, 0)};
  if (node.has_input(8)) inputs.push_back(real_bias(node, 8, 1, 4));
  return quantized(node, as_plain(node, "Conv", std::move(inputs)), 6, type_of(node, 0));
}

std::vector<TensorId> import_qlinear_matmul(NodeView& node) {
  const int64_t rows = std::max(node.type(node.input(0)).rank() - 2, 0);
  const int64_t columns = std::max(node.type(node.input(3)).rank() - 1, 0);
  const TensorId a = real(node, 0, rows), b = real(node, 3, columns);
  return quantized(node, matmul(node, a, b), 6, type_of(node, 0));
}

// com.microsoft.QGemm: the result is quantized where a scale for it is given.
std::vector<TensorId> import_qgemm(NodeView& node) {
  const bool transposed = node.integer("transB", 0) != 0;
  std::vector<TensorId> inputs = {real(node, 0), real(node, 3, transposed ? 0 : 1)};
  if (node.has_input(6)) {
    if (node.number("alpha", 1) != 1) throw Error(ErrorCode::Unsupported, "QGemm with a bias and alpha other than 1");
    inputs.push_back(real_bias(node, 6, 1, 4));
  }
  const TensorId y = as_plain(node, "Gemm", std::move(inputs));
  return node.has_input(7) ? quantized(node, y, 7, type_of(node, 0)) : std::vector{y};
}

template <bool kProduct>
std::vector<TensorId> import_qlinear_binary(NodeView& node) {
  const TensorId a = real(node, 0), b = real(node, 3);
  return quantized(node, compose(node, kProduct ? "Mul" : "Add", {a, b}), 6, type_of(node, 0));
}

std::vector<TensorId> unary(NodeView& node, std::string_view op_type) {
  return quantized(node, as_plain(node, op_type, {real(node, 0)}), 3, type_of(node, 0));
}
std::vector<TensorId> import_qlinear_sigmoid(NodeView& node) {
  return unary(node, "Sigmoid");
}
std::vector<TensorId> import_qlinear_leaky_relu(NodeView& node) {
  return unary(node, "LeakyRelu");
}
std::vector<TensorId> import_qlinear_average_pool(NodeView& node) {
  check_channels_first(node);
  return unary(node, "AveragePool");
}
std::vector<TensorId> import_qlinear_global_average_pool(NodeView& node) {
  check_channels_first(node);
  return unary(node, "GlobalAveragePool");
}

std::vector<TensorId> import_qlinear_concat(NodeView& node) {
  std::vector<TensorId> parts;
  for (size_t i = 2; i + 1 < node.inputs.size(); i += 3) parts.push_back(real(node, i));
  return quantized(node, compose(node, "Concat", parts, {{"axis", node.integer("axis", 0)}}), 0, type_of(node, 2));
}

// An integer operand of MatMulInteger or ConvInteger: int32, the zero point taken off. A zero point per row or output
// channel lies along `axis`.
TensorId centered(NodeView& node, size_t index, size_t zero_point, int64_t axis) {
  const TensorId x = cast_to(node, node.input(index), DataType::I32);
  if (!node.has_input(zero_point)) return x;
  TensorId zero = cast_to(node, node.input(zero_point), DataType::I32);
  const int rank = node.type(x).rank();
  if (node.type(zero).rank() == 1 && node.type(zero).dims[0] != Dim(1) && axis + 1 < rank) {
    std::vector<int64_t> added;
    for (int64_t i = axis + 1; i < rank; ++i) added.push_back(i - axis);
    zero = unsqueeze(node, zero, added);
  }
  return compose(node, "Sub", {x, zero});
}

std::vector<TensorId> import_matmul_integer(NodeView& node) {
  const int64_t rows = std::max(node.type(node.input(0)).rank() - 2, 0);
  const int64_t columns = std::max(node.type(node.input(1)).rank() - 1, 0);
  const TensorId a = centered(node, 0, 2, rows);
  return {matmul(node, a, centered(node, 1, 3, columns))};
}

std::vector<TensorId> import_conv_integer(NodeView& node) {
  const TensorId x = centered(node, 0, 2, 1);
  return {as_plain(node, "Conv", {x, centered(node, 1, 3, 0)})};
}

constexpr std::string_view kMicrosoft = "com.microsoft";
constexpr OnnxImporter kOnnx[] = {
    {"QLinearConv", 10, import_qlinear_conv},
    {"QLinearMatMul", 10, import_qlinear_matmul},
    {"MatMulInteger", 10, import_matmul_integer},
    {"ConvInteger", 10, import_conv_integer},
    {"QGemm", 1, import_qgemm, kMicrosoft},
    {"QLinearAdd", 1, import_qlinear_binary<false>, kMicrosoft},
    {"QLinearMul", 1, import_qlinear_binary<true>, kMicrosoft},
    {"QLinearSigmoid", 1, import_qlinear_sigmoid, kMicrosoft},
    {"QLinearLeakyRelu", 1, import_qlinear_leaky_relu, kMicrosoft},
    {"QLinearAveragePool", 1, import_qlinear_average_pool, kMicrosoft},
    {"QLinearGlobalAveragePool", 1, import_qlinear_global_average_pool, kMicrosoft},
    {"QLinearConcat", 1, import_qlinear_concat, kMicrosoft},
};

}  // namespace

extern const OpEntry qlinear_entry = {"QLinear", nullptr, kOnnx, {}};

}  // namespace tn::ops
