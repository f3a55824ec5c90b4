// SPDX-License-Identifier: Apache-2.0
// Operators on quantized tensors: dequantized, computed, quantized again. And products of integers.
#include "ops/quant/qlinear.h"

#include <algorithm>

#include "ops/compose.h"
#include "ops/entry.h"
#include "ops/matmul/matmul.h"
#include "ops/plain.h"
#include "ops/quant/quantize.h"

namespace tn::ops {
namespace {

Quantization quantization_at(NodeView& node, size_t index, int64_t axis) {
  return {cast_to(node, node.input(index), DataType::F32), node.has_input(index + 1) ? node.input(index + 1) : kNone,
          axis};
}

}  // namespace

TensorId dequantized_input(NodeView& node, size_t index, int64_t axis) {
  return dequantize(node, node.input(index), quantization_at(node, index + 1, axis));
}

std::vector<TensorId> quantized_result(NodeView& node, TensorId y, size_t index, DataType fallback) {
  const Quantization quantization = quantization_at(node, index, 1);
  const DataType to = quantization.zero_point == kNone ? fallback : node.type(quantization.zero_point).type;
  return {quantize(node, y, quantization, to)};
}

TensorId dequantized_bias(NodeView& node, size_t bias, size_t x_scale, size_t w_scale, double factor) {
  TensorId step =
      compose(node, "Mul",
              {cast_to(node, node.input(x_scale), DataType::F32), cast_to(node, node.input(w_scale), DataType::F32)});
  if (factor != 1) step = compose(node, "Mul", {step, scalar_like(node, factor, step)});
  return dequantize(node, node.input(bias), {step, kNone, -1});
}

TensorId centered_input(NodeView& node, size_t index, size_t zero_point, int64_t axis) {
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

int64_t row_axis(const NodeView& node, size_t index) {
  return std::max(node.type(node.input(index)).rank() - 2, 0);
}

int64_t column_axis(const NodeView& node, size_t index) {
  return std::max(node.type(node.input(index)).rank() - 1, 0);
}

namespace {

DataType type_of(const NodeView& node, size_t index) {
  return node.type(node.input(index)).type;
}

std::vector<TensorId> import_qlinear_conv(NodeView& node) {
  std::vector<TensorId> inputs = {dequantized_input(node, 0), dequantized_input(node, 3, 0)};
  if (node.has_input(8)) inputs.push_back(dequantized_bias(node, 8, 1, 4));
  return quantized_result(node, import_plain(node, "Conv", std::move(inputs))[0], 6, type_of(node, 0));
}

std::vector<TensorId> import_qlinear_matmul(NodeView& node) {
  const TensorId a = dequantized_input(node, 0, row_axis(node, 0)),
                 b = dequantized_input(node, 3, column_axis(node, 3));
  return quantized_result(node, matmul(node, a, b), 6, type_of(node, 0));
}

std::vector<TensorId> import_matmul_integer(NodeView& node) {
  const TensorId a = centered_input(node, 0, 2, row_axis(node, 0));
  return {matmul(node, a, centered_input(node, 1, 3, column_axis(node, 1)))};
}

std::vector<TensorId> import_conv_integer(NodeView& node) {
  const TensorId x = centered_input(node, 0, 2, 1);
  return import_plain(node, "Conv", {x, centered_input(node, 1, 3, 0)});
}

constexpr OnnxImporter kOnnx[] = {{"QLinearConv", 10, import_qlinear_conv},
                                  {"QLinearMatMul", 10, import_qlinear_matmul},
                                  {"MatMulInteger", 10, import_matmul_integer},
                                  {"ConvInteger", 10, import_conv_integer}};

}  // namespace

extern const OpEntry qlinear_entry = {"QLinear", nullptr, kOnnx, {}};

}  // namespace tn::ops
