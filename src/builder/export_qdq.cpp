// SPDX-License-Identifier: Apache-2.0
#include "builder/export_qdq.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "base/os/file.h"
#include "builder/bias_place.h"
#include "ops/conv/conv.h"
#include "ops/conv/conv_transpose.h"
#include "ops/matmul/matmul.h"
#include "ops/quant/quantize.h"
#include "ops/quant/roles.h"

namespace tn {
namespace {

using import::RoundedNetwork;
using import::RoundedProduct;
using import::RoundedTensor;

class Reader {
 public:
  explicit Reader(const Graph& graph) : graph_(graph), consumers_(graph.all_consumers()) {}

  RoundedNetwork run() {
    for (const NodeId id : graph_.order()) {
      const Node& node = graph_.node(id);
      if (const auto* quantize = dynamic_cast<const ops::Quantize*>(node.op.get()); quantize && quantize->implicit)
        add_tensor(id);
      else if (const Node* weights = rounded_weights(node))
        add_product(id, *weights);
    }
    return std::move(network_);
  }

 private:
  const std::vector<NodeId>& readers(TensorId id) const { return consumers_[static_cast<size_t>(id)]; }
  const std::string& output(NodeId id) const { return graph_.tensor(graph_.node(id).outputs[0]).name; }
  const Constant& constant(TensorId id) const { return *graph_.tensor(id).constant; }

  void add_tensor(NodeId id) {
    const Node& node = graph_.node(id);
    RoundedTensor tensor{graph_.tensor(node.inputs[0]).name,
                         graph_.tensor(node.outputs[0]).type.type,
                         static_cast<float>(constant(node.inputs[1]).number(0)),
                         node.inputs.size() > 2 ? static_cast<int32_t>(constant(node.inputs[2]).integer(0)) : 0,
                         readers(node.inputs[0]).size() == 1,
                         {}};
    for (const NodeId load : readers(node.outputs[0])) {
      for (const NodeId reader : readers(graph_.node(load).outputs[0])) tensor.readers.insert(output(reader));
    }
    network_.tensors.push_back(std::move(tensor));
  }

  // The Dequantize of a product's weights; null if it has none.
  const Node* rounded_weights(const Node& node) const {
    const Node* load = ops::is_product(node) ? ops::load_of_constant(graph_, node.inputs[1]) : nullptr;
    return load && dynamic_cast<const ops::Dequantize&>(*load->op).implicit ? load : nullptr;
  }

  void add_product(NodeId id, const Node& weights) {
    const Node& node = graph_.node(id);
    RoundedProduct product;
    product.name = node.name;
    product.op_type = node.op->name();
    product.input = original(node.inputs[0]);
    product.output = graph_.tensor(node.outputs[0]).name;
    product.weights = graph_.tensor(weights.inputs[0]).constant;
    const Constant& scales = constant(weights.inputs[1]);
    for (int i = 0; i < scales.dims().rank(); ++i) {
      if (scales.dims()[i] > 1) product.axis = i;
    }
    for (int64_t i = 0; i < scales.elements(); ++i) product.scales.push_back(static_cast<float>(scales.number(i)));
    if (const auto* matmul = dynamic_cast<const ops::MatMul*>(node.op.get()))
      describe(product, node, *matmul);
    else
      describe(product, node);
    if (const auto place = product.op_type == ops::MatMul::kName ? std::nullopt : bias_place(graph_, id)) {
      product.bias = bias_at(graph_, *place);
      product.output = output(place->node);
    }
    network_.products.push_back(std::move(product));
  }

  // The name of what a product reads, before it is rounded.
  const std::string& original(TensorId id) const {
    const Node* load = ops::load_of(graph_, id);
    return graph_.tensor(load ? graph_.producer(load->inputs[0])->inputs[0] : id).name;
  }

  static void describe(RoundedProduct& product, const Node& node) {
    const auto* transpose = dynamic_cast<const ops::ConvTranspose*>(node.op.get());
    const ops::ConvAttributes& conv =
        transpose ? static_cast<const ops::ConvAttributes&>(*transpose) : dynamic_cast<const ops::Conv&>(*node.op);
    const Shape& dims = product.weights->dims();
    product.attributes = {{"strides", conv.strides},
                          {"dilations", conv.dilations},
                          {"pads", conv.pads},
                          {"group", conv.group},
                          {"kernel_shape", std::vector<int64_t>(dims.begin() + 2, dims.end())}};
    if (transpose && !transpose->output_padding.empty())
      product.attributes.emplace("output_padding", transpose->output_padding);
  }

  // A product of matrices is Gemm of ONNX, which may have a bias.
  void describe(RoundedProduct& product, const Node& node, const ops::MatMul& matmul) const {
    constexpr int kMatrix = 2;
    if (graph_.tensor(node.outputs[0]).type.rank() != kMatrix) return;
    product.op_type = "Gemm";
    product.attributes = {{"transB", int64_t{matmul.transpose_b}}};
  }

  const Graph& graph_;
  const std::vector<std::vector<NodeId>> consumers_;
  RoundedNetwork network_;
};

}  // namespace

void export_qdq(const Graph& simple, const Rounding& rounding, const Precisions& precisions,
                const std::set<std::string>& integers, const QdqExport& to, Logger& logger) {
  if (rounding.binding) throw Error(ErrorCode::InvalidArgument, "{} has Q/DQ already", to.model);
  if (to.model.empty())
    throw Error(ErrorCode::Unsupported,
                "Q/DQ is written into the ONNX file that a network was read from; this one was not read from any");
  Graph rounded = simple;
  std::set<std::string> floats;
  for (const NodeId id : simple.order()) {
    const Node& node = simple.node(id);
    const bool stays = to.profile == import::QdqProfile::Native
                           ? ops::is_product(node) && !integers.contains(node.name)
                           : precisions.find(id) || rounding.floats.contains(node.name);
    if (stays) floats.insert(node.name);
  }
  if (round_products(rounded, rounding, floats).products.empty())
    logger.warning("{} has no Q/DQ: nothing is rounded", to.file);
  const MappedFile model{std::filesystem::path(to.model)};
  const import::QdqFile file = with_quantization(model.bytes(), to.model, Reader(rounded).run(), to.profile);
  if (!file.left_out.empty())
    logger.warning("{} lacks the rounding of {} tensors and products, which {} knows by no name: {}", to.file,
                   file.left_out.size(), to.model, fmt::join(file.left_out, ", "));
  write_file_atomically(to.file, file.bytes);
  logger.info("Q/DQ saved to {}", to.file);
}

}  // namespace tn
