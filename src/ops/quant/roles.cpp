// SPDX-License-Identifier: Apache-2.0
#include "ops/quant/roles.h"

#include "ops/conv/conv.h"
#include "ops/conv/conv_transpose.h"
#include "ops/matmul/matmul.h"
#include "ops/quant/quantize.h"

namespace tn::ops {

bool is_convolution(const Node& node) {
  const std::string_view op = node.op->name();
  return op == Conv::kName || op == ConvTranspose::kName;
}

bool is_product(const Node& node) {
  return is_convolution(node) || node.op->name() == MatMul::kName;
}

bool is_quantization(const Node& node) {
  const std::string_view op = node.op->name();
  return op == Quantize::kName || op == Dequantize::kName;
}

const Node* load_of(const Graph& graph, TensorId id) {
  const Node* node = id == kNone ? nullptr : graph.producer(id);
  return node && node->op->name() == Dequantize::kName ? node : nullptr;
}

const Node* load_of_constant(const Graph& graph, TensorId id) {
  const Node* load = load_of(graph, id);
  return load && graph.tensor(load->inputs[0]).constant ? load : nullptr;
}

}  // namespace tn::ops
