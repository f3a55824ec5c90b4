// SPDX-License-Identifier: Apache-2.0
// Factors and summands per output channel move into constant weights and biases: what batch normalization becomes
// disappears into the convolution before it.
#include "ops/quant/roles.h"
#include "passes/match.h"
#include "passes/pipeline.h"
#include "passes/quantization.h"

namespace tn::passes {
namespace {

// A convolution or matrix product with constant weights, or constant integers that it dequantizes, that one node alone
// reads.
struct Product {
  OpPtr op;
  std::string name;
  std::vector<TensorId> inputs;
  TensorType type;
  size_t channel_axis;
  int64_t channels;
  bool is_matmul;
};

bool has_constant_weights(const Graph& graph, const Node& node) {
  if (const Constant* weights = constant_input(graph, node, 1)) return is_float(weights->type());
  const Node* load = made_by(graph, node.inputs[1], "Dequantize");
  return load && is_load(graph, *load) && constant_input(graph, *load, 0);
}

std::optional<Product> product(const Graph& graph, const Uses& uses, TensorId id) {
  const Node* node = id == kNone ? nullptr : graph.producer(id);
  if (!node || uses.only_reader(id) == kNone) return std::nullopt;
  const bool conv = ops::is_convolution(*node), matmul = is_op(*node, "MatMul");
  if ((!conv && !matmul) || !has_constant_weights(graph, *node)) return std::nullopt;
  if (matmul && type_of(graph, node->inputs[1]).rank() != 2) return std::nullopt;
  if (has_input(*node, 2) && !constant_input(graph, *node, 2)) return std::nullopt;
  const TensorType type = type_of(graph, id);
  const size_t axis = matmul ? type.dims.size() - 1 : 1;
  const auto channels = type.dims[axis].constant();
  if (!channels || *channels <= 0) return std::nullopt;
  return Product{node->op, node->name, node->inputs, type, axis, *channels, matmul};
}

// One number per output channel from a constant that broadcasts to the product's result along other axes only.
std::optional<std::vector<double>> per_channel(const Graph& graph, TensorId id, const Product& product) {
  const Constant* constant = constant_of(graph, id);
  if (!constant || constant->dims().rank() > product.type.rank()) return std::nullopt;
  const auto count = static_cast<size_t>(product.channels);
  if (constant->elements() == 1) return std::vector<double>(count, constant->number(0));
  const int axis = static_cast<int>(product.channel_axis) - (product.type.rank() - constant->dims().rank());
  if (axis < 0 || constant->elements() != product.channels || constant->dims()[axis] != product.channels)
    return std::nullopt;
  std::vector<double> values(count);
  for (size_t i = 0; i < count; ++i) values[i] = constant->number(static_cast<int64_t>(i));
  return values;
}

// The output channel that an element of the weights belongs to.
int64_t channel_of(const Product& product, const Shape& dims, int64_t element) {
  if (product.is_matmul) return attribute<bool>(*product.op, "transpose_b") ? element / dims[1] : element % dims[1];
  int64_t taps = 1;
  for (int i = 2; i < dims.rank(); ++i) taps *= dims[i];
  if (product.op->name() == "Conv") return element / (taps * dims[1]);
  const int64_t input = element / (taps * dims[1]), in_group = element / taps % dims[1];
  const int64_t groups = attribute<int64_t>(*product.op, "group");
  return input / (dims[0] / groups) * dims[1] + in_group;
}

template <typename Value>
ConstantPtr rewritten(const Constant& constant, Value&& value) {
  return Constant::make(constant.type(), constant.dims(), [&](const TensorView& view) {
    for (int64_t i = 0; i < constant.elements(); ++i) store_double(view, i, value(i));
  });
}

std::optional<std::vector<double>> factors(const Graph& graph, const Node& node, size_t other, const Product& product) {
  auto values = per_channel(graph, node.inputs[other], product);
  if (values && is_op(node, "Div")) {
    for (double& value : *values) value = 1 / value;
  }
  return values;
}

// The axis of the weights that has the output channels; nothing where groups spread them.
std::optional<int> channel_axis_of_weights(const Product& product) {
  if (product.is_matmul) return attribute<bool>(*product.op, "transpose_b") ? 0 : 1;
  if (product.op->name() == "Conv") return 0;
  return attribute<int64_t>(*product.op, "group") == 1 ? std::optional(1) : std::nullopt;
}

// Weights · factors: a constant, or the same integers behind another scale. kNone where no scale says that.
TensorId scaled_weights(Patch& patch, const Graph& graph, const Product& product, const std::vector<double>& factors) {
  const TensorId id = product.inputs[1];
  const auto factor = [&](int64_t channel) { return factors[static_cast<size_t>(channel)]; };
  if (const Tensor weights = graph.tensor(id); weights.constant) {
    return patch.constant(weights.name, rewritten(*weights.constant, [&](int64_t i) {
                            return weights.constant->number(i) *
                                   factor(channel_of(product, weights.constant->dims(), i));
                          }));
  }
  const Node load = *graph.producer(id);
  const Tensor scale = graph.tensor(load.inputs[1]);
  const auto axis = channel_axis_of_weights(product);
  if (!axis) return kNone;
  const Shape& old = scale.constant->dims();
  const int rank = type_of(graph, id).rank(), behind = rank - 1 - *axis;
  const bool one = scale.constant->elements() == 1;
  if (!one && (behind >= old.rank() || old[old.rank() - 1 - behind] != product.channels)) return kNone;
  Shape dims = Shape::filled(rank, 1);
  dims[*axis] = product.channels;
  auto inputs = load.inputs;
  inputs[1] = patch.constant(scale.name, Constant::make(scale.type.type, dims, [&](const TensorView& view) {
                               for (int64_t i = 0; i < product.channels; ++i)
                                 store_double(view, i, scale.constant->number(one ? 0 : i) * factor(i));
                             }));
  return patch.add(load.name, load.op, inputs);
}

std::optional<Patch> fold_factor(Graph& graph, const Uses& uses, NodeId id) {
  const Node& node = graph.node(id);
  if (!is_op(node, "Mul") && !is_op(node, "Div")) return std::nullopt;
  for (const size_t side : {size_t{0}, size_t{1}}) {
    if (side == 1 && is_op(node, "Div")) break;
    auto before = product(graph, uses, node.inputs[side]);
    const auto scale = before ? factors(graph, node, 1 - side, *before) : std::nullopt;
    if (!scale || !(type_of(graph, node.outputs[0]) == before->type)) continue;
    const TensorId output = node.outputs[0];
    const auto at = [&](int64_t channel) { return (*scale)[static_cast<size_t>(channel)]; };
    Patch patch(graph);
    before->inputs[1] = scaled_weights(patch, graph, *before, *scale);
    if (before->inputs[1] == kNone) continue;
    if (before->inputs.size() > 2 && before->inputs[2] != kNone) {
      const Tensor bias = graph.tensor(before->inputs[2]);
      before->inputs[2] = patch.constant(
          bias.name, rewritten(*bias.constant, [&](int64_t i) { return bias.constant->number(i) * at(i); }));
    }
    patch.replace(output, patch.add(before->name, before->op, before->inputs));
    return patch;
  }
  return std::nullopt;
}

std::optional<Patch> fold_summand(Graph& graph, const Uses& uses, NodeId id) {
  const Node& node = graph.node(id);
  if (!is_op(node, "Add") && !is_op(node, "Sub")) return std::nullopt;
  const double sign = is_op(node, "Sub") ? -1 : 1;
  for (const size_t side : {size_t{0}, size_t{1}}) {
    if (side == 1 && sign < 0) break;
    auto before = product(graph, uses, node.inputs[side]);
    if (!before || before->is_matmul || !(type_of(graph, node.outputs[0]) == before->type)) continue;
    const auto summand = per_channel(graph, node.inputs[1 - side], *before);
    if (!summand) continue;
    const TensorId output = node.outputs[0];
    before->inputs.resize(3, kNone);
    const Tensor added = graph.tensor(node.inputs[1 - side]);
    const ConstantPtr bias = before->inputs[2] == kNone ? nullptr : graph.tensor(before->inputs[2]).constant;
    Patch patch(graph);
    before->inputs[2] = patch.constant(
        added.name, Constant::make(before->type.type, {before->channels}, [&](const TensorView& view) {
          for (int64_t i = 0; i < before->channels; ++i)
            store_double(view, i, (bias ? bias->number(i) : 0) + sign * (*summand)[static_cast<size_t>(i)]);
        }));
    patch.replace(output, patch.add(before->name, before->op, before->inputs));
    return patch;
  }
  return std::nullopt;
}

// (A · W + b) · c  →  A · W · c + b · c, so that the factor meets the weights.
std::optional<Patch> swap_factor_and_summand(Graph& graph, const Uses& uses, NodeId id) {
  const Node& node = graph.node(id);
  if (!is_op(node, "Mul") && !is_op(node, "Div")) return std::nullopt;
  for (const size_t side : {size_t{0}, size_t{1}}) {
    if (side == 1 && is_op(node, "Div")) break;
    const TensorId sum = node.inputs[side], factor = node.inputs[1 - side];
    const Node* add = made_by(graph, sum, "Add");
    if (!add || uses.only_reader(sum) == kNone) continue;
    for (const size_t inner : {size_t{0}, size_t{1}}) {
      const auto before = product(graph, uses, add->inputs[inner]);
      if (!before || !before->is_matmul || !per_channel(graph, factor, *before)) continue;
      if (!constant_of(graph, add->inputs[1 - inner]) || !(type_of(graph, sum) == before->type)) continue;
      const TensorId output = node.outputs[0], result = add->inputs[inner], summand = add->inputs[1 - inner];
      const OpPtr multiply = node.op, plus = add->op;
      const std::string name = node.name, sum_name = add->name;
      Patch patch(graph);
      const TensorId scaled = patch.add(name, multiply, {result, factor});
      const TensorId shift = patch.add(name, multiply, {summand, factor});
      patch.replace(output, patch.add(sum_name, plus, {scaled, shift}));
      return patch;
    }
  }
  return std::nullopt;
}

constexpr Rule kRules[] = {fold_factor, fold_summand, swap_factor_and_summand};

}  // namespace

extern const Pass fold_scales = {"fold_scales", kRules};

}  // namespace tn::passes
