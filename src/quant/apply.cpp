// SPDX-License-Identifier: Apache-2.0
#include "quant/apply.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>

#include "ops/conv/conv.h"
#include "ops/matmul/matmul.h"
#include "ops/quant/quantize.h"
#include "ops/quant/roles.h"
#include "quant/rounded_weights.h"

namespace tn::quant {
namespace {

constexpr int64_t kLeastMatrix = 16;  // below, a product is too small to gain

// The axis of the weights along which output channels lie; nothing if the node is not worth quantizing.
std::optional<int> channel_axis(const Graph& graph, const Node& node, bool demanded) {
  if (node.inputs.size() < 2 || node.inputs[1] == kNone) return std::nullopt;
  const Tensor& weights = graph.tensor(node.inputs[1]);
  const auto dims = weights.type.static_shape();
  if (!(weights.constant || ops::load_of_constant(graph, node.inputs[1])) || weights.type.type != DataType::F32 ||
      !dims)
    return std::nullopt;
  if (ops::is_convolution(node)) {
    constexpr int kImageRank = 4;
    if (dims->rank() != kImageRank) return std::nullopt;
    return dynamic_cast<const ops::Conv*>(node.op.get()) ? 0 : 1;
  }
  const auto* product = dynamic_cast<const ops::MatMul*>(node.op.get());
  if (!product || product->transpose_a || dims->rank() != 2) return std::nullopt;
  if (!demanded && std::min((*dims)[0], (*dims)[1]) < kLeastMatrix) return std::nullopt;
  return product->transpose_b ? 0 : 1;
}

class Applier {
 public:
  Applier(Graph& graph, const Plan& plan, Weights weights, const std::set<std::string>& floats,
          const std::set<std::string>& demanded)
      : graph_(graph),
        plan_(plan),
        form_(weights),
        floats_(floats),
        demanded_(demanded),
        consumers_(graph.all_consumers()) {}

  Applied run() {
    auto order = graph_.order();
    std::erase_if(order, [&](NodeId id) { return stays(id); });
    for (const NodeId id : order) {
      if (const auto axis = channel_axis(graph_, graph_.node(id), is_demanded(id))) quantize_product(id, *axis);
    }
    for (const NodeId id : order) quantize_branch(id);
    for (const auto& [tensor, readers] : rounded_) insert_pair(tensor, readers);
    return std::move(applied_);
  }

 private:
  bool stays(NodeId id) const { return floats_.contains(graph_.node(id).name); }
  bool is_demanded(NodeId id) const { return demanded_.contains(graph_.node(id).name); }

  void quantize_product(NodeId id, int axis) {
    const TensorId x = graph_.node(id).inputs[0];
    if (graph_.tensor(x).constant || graph_.tensor(x).type.type != DataType::F32) return;
    if (!round(x, ops::is_convolution(graph_.node(id)), id)) {
      applied_.missing.push_back(graph_.tensor(x).name);
      return;
    }
    applied_.products.insert(graph_.node(id).name);
    products_.insert(id);
    quantize_weights(id, axis);
  }

  // Makes a reader of the tensor, or all of them, read it rounded. False if there is no scale.
  bool round(TensorId tensor, bool for_all, NodeId reader) {
    if (!plan_.contains(graph_.tensor(tensor).name)) return false;
    auto& readers = rounded_[tensor];
    readers.insert(reader);
    if (!for_all) return true;
    const auto& all = consumers_[static_cast<size_t>(tensor)];
    std::ranges::copy_if(all, std::inserter(readers, readers.end()), [&](NodeId id) { return !stays(id); });
    return true;
  }

  // Whether a quantized convolution makes the tensor.
  bool by_convolution(TensorId tensor) const {
    const NodeId producer = graph_.tensor(tensor).producer;
    return producer != kNone && products_.contains(producer) && ops::is_convolution(graph_.node(producer));
  }

  // Of a sum with what a convolution makes and only the sum reads: the other operand, or of two convolutions the first.
  void quantize_branch(NodeId id) {
    const Node& node = graph_.node(id);
    if (node.op->name() != "Add") return;
    const TensorId a = node.inputs[0], b = node.inputs[1];
    if (a == b || !(graph_.tensor(a).type == graph_.tensor(b).type)) return;
    const auto fusible = [&](TensorId tensor) {
      return by_convolution(tensor) && consumers_[static_cast<size_t>(tensor)].size() == 1 && !graph_.is_output(tensor);
    };
    const bool first = fusible(a), second = fusible(b);
    if (!first && !second) return;
    TensorId branch = first ? b : a;
    if (first && second) branch = graph_.tensor(a).producer < graph_.tensor(b).producer ? a : b;
    if (!graph_.tensor(branch).constant) round(branch, true, id);
  }

  void quantize_weights(NodeId id, int axis) {
    const TensorId weights = graph_.node(id).inputs[1];
    if (!graph_.tensor(weights).constant) return;  // integers already
    const auto [known, fresh] = weights_.try_emplace({weights, axis}, kNone);
    if (fresh) known->second = add_weights(weights, axis);
    graph_.edit_node(id).inputs[1] = known->second;
  }

  TensorId add_weights(TensorId id, int axis) {
    const ConstantPtr data = graph_.tensor(id).constant;
    const std::string name = graph_.tensor(id).name;
    const Shape& dims = data->dims();
    std::vector<float> weights;
    for (int64_t i = 0; i < data->elements(); ++i) weights.push_back(static_cast<float>(data->number(i)));
    const RoundedWeights rounded(weights, dims, axis);
    if (form_ == Weights::Floats) return add_floats(name + "/rounded", dims, rounded.numbers());
    const TensorId integers =
        graph_.add_constant(name + "/s8", Constant::make(DataType::I8, dims, [&](const TensorView& view) {
                              std::ranges::copy(rounded.integers(), view.as<int8_t>());
                            }));
    Shape broadcast;
    for (int i = 0; i < dims.rank(); ++i) broadcast.push_back(i == axis ? dims[axis] : 1);
    const TensorId scale = add_floats(name + "/scale", broadcast, rounded.scales());
    return graph_.add(name + "/dequantize", dequantize(), {integers, scale});
  }

  TensorId add_floats(const std::string& name, const Shape& dims, const std::vector<float>& values) {
    return graph_.add_constant(name, Constant::make(DataType::F32, dims, [&](const TensorView& view) {
                                 std::ranges::copy(values, view.as<float>());
                               }));
  }

  static OpPtr dequantize() {
    auto op = std::make_shared<ops::Dequantize>();
    op->implicit = true;
    return op;
  }

  void insert_pair(TensorId tensor, const std::set<NodeId>& readers) {
    const std::string name = graph_.tensor(tensor).name;
    const QParams& params = plan_.find(name)->second;
    auto quantize = std::make_shared<ops::Quantize>();
    quantize->to = params.type;
    quantize->implicit = true;
    const TensorId scale = graph_.add_constant(name + "/scale", Constant::scalar(DataType::F32, params.scale));
    std::vector<TensorId> inputs = {tensor, scale};
    if (params.zero_point != 0)
      inputs.push_back(graph_.add_constant(name + "/zero_point", Constant::scalar(params.type, params.zero_point)));
    inputs[0] = graph_.add(name + "/quantize", std::move(quantize), inputs);
    const TensorId rounded = graph_.add(name + "/dequantize", dequantize(), inputs);
    for (const NodeId reader : readers) std::ranges::replace(graph_.edit_node(reader).inputs, tensor, rounded);
    ++applied_.tensors;
  }

  Graph& graph_;
  const Plan& plan_;
  const Weights form_;
  const std::set<std::string>&floats_, &demanded_;
  const std::vector<std::vector<NodeId>> consumers_;
  std::map<TensorId, std::set<NodeId>> rounded_;  ///< who reads a tensor rounded
  std::map<std::pair<TensorId, int>, TensorId> weights_;
  std::set<NodeId> products_;
  Applied applied_;
};

}  // namespace

Applied insert_pairs(Graph& graph, const Plan& plan, Weights weights, const std::set<std::string>& floats,
                     const std::set<std::string>& demanded) {
  return Applier(graph, plan, weights, floats, demanded).run();
}

}  // namespace tn::quant
