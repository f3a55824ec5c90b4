// SPDX-License-Identifier: Apache-2.0
// Products of com.microsoft whose operands are integers and whose results are floats.
#include "ops/compose.h"
#include "ops/entry.h"
#include "ops/matmul/matmul.h"
#include "ops/plain.h"
#include "ops/quant/qlinear.h"

namespace tn::ops {
namespace {

// Steps · scale; a scale per row or column lies along `axis`.
TensorId scaled(NodeView& node, TensorId steps, TensorId scale, int64_t axis) {
  const TensorType type = node.type(scale);
  const int rank = node.type(steps).rank();
  if (type.rank() == 1 && axis + 1 < rank && type.dims[0] != Dim(1)) {
    std::vector<int64_t> added;
    for (int64_t i = axis + 1; i < rank; ++i) added.push_back(i - axis);
    scale = unsqueeze(node, scale, added);
  }
  return compose(node, "Mul", {cast_to(node, steps, type.type), scale});
}

std::vector<TensorId> product(NodeView& node, TensorId a, TensorId b, size_t bias) {
  const TensorId y = matmul(node, a, b);
  return {node.has_input(bias) ? compose(node, "Add", {y, node.input(bias)}) : y};
}

// Inputs: A, B, their scales, their zero points, bias.
std::vector<TensorId> import_matmul_integer_to_float(NodeView& node) {
  const TensorId a = scaled(node, centered_input(node, 0, 4, row_axis(node, 0)), node.input(2), row_axis(node, 0));
  const TensorId b =
      scaled(node, centered_input(node, 1, 5, column_axis(node, 1)), node.input(3), column_axis(node, 1));
  return product(node, a, b, 6);
}

// Inputs: A in floats, which is quantized by its range, B, its scale and zero point, bias.
std::vector<TensorId> import_dynamic_quantize_matmul(NodeView& node) {
  const auto quantized = import_plain(node, "DynamicQuantizeLinear", {node.input(0)});
  const TensorId a = import_plain(node, "DequantizeLinear", quantized)[0];
  const TensorId b =
      scaled(node, centered_input(node, 1, 3, column_axis(node, 1)), node.input(2), column_axis(node, 1));
  return product(node, a, b, 4);
}

constexpr std::string_view kMicrosoft = "com.microsoft";
constexpr OnnxImporter kOnnx[] = {{"MatMulIntegerToFloat", 1, import_matmul_integer_to_float, kMicrosoft},
                                  {"DynamicQuantizeMatMul", 1, import_dynamic_quantize_matmul, kMicrosoft}};

}  // namespace

extern const OpEntry microsoft_integer_products_entry = {"MicrosoftIntegerProducts", nullptr, kOnnx, {}};

}  // namespace tn::ops
