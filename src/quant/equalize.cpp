// SPDX-License-Identifier: Apache-2.0
#include "quant/equalize.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "ops/conv/conv.h"

namespace tn::quant {
namespace {

// A convolution of images with constant weights [M, C/group, …].
struct Layer {
  NodeId node;
  const ops::Conv* conv;
  ConstantPtr weights, bias;
  int64_t outputs() const { return weights->dims()[0]; }
  int64_t taps() const { return weights->elements() / outputs() / weights->dims()[1]; }
  bool is_depthwise() const { return weights->dims()[1] == 1 && conv->group == outputs(); }
  // The input channel that an element of the weights is for.
  int64_t input_of(int64_t element) const {
    const int64_t row = weights->dims()[1] * taps();
    return is_depthwise() ? element / row : element / taps() % weights->dims()[1];
  }
  int64_t output_of(int64_t element) const { return element / (weights->dims()[1] * taps()); }
};

class Equalizer {
 public:
  explicit Equalizer(Graph& graph) : graph_(graph), consumers_(graph.all_consumers()) {}

  int run() {
    constexpr int kRounds = 8;
    std::set<NodeId> changed;
    for (int round = 0; round < kRounds; ++round) {
      for (const NodeId id : graph_.order()) {
        if (balance(id)) changed.insert(id);
      }
    }
    return static_cast<int>(changed.size());
  }

 private:
  std::optional<Layer> layer(NodeId id) const {
    const Node& node = graph_.node(id);
    const auto* conv = dynamic_cast<const ops::Conv*>(node.op.get());
    const ConstantPtr weights = conv ? graph_.tensor(node.inputs[1]).constant : nullptr;
    const bool has_bias = node.inputs.size() > 2 && node.inputs[2] != kNone;
    const ConstantPtr bias = has_bias && conv ? graph_.tensor(node.inputs[2]).constant : nullptr;
    if (!weights || weights->type() != DataType::F32 || (has_bias && !bias)) return std::nullopt;
    return Layer{id, conv, weights, bias};
  }

  const std::vector<NodeId>& readers(TensorId id) const { return consumers_[static_cast<size_t>(id)]; }

  // The convolutions that read what this one makes; none if anything else does.
  std::vector<Layer> layers_behind(NodeId id) const {
    TensorId tensor = graph_.node(id).outputs[0];
    if (readers(tensor).size() == 1 && graph_.node(readers(tensor)[0]).op->name() == "Relu" &&
        !graph_.is_output(tensor))
      tensor = graph_.node(readers(tensor)[0]).outputs[0];
    std::vector<Layer> layers;
    for (const NodeId reader : readers(tensor)) {
      const auto behind = layer(reader);
      const bool reads = behind && graph_.node(reader).inputs[0] == tensor;
      if (!reads || graph_.is_output(tensor) || (behind->conv->group != 1 && !behind->is_depthwise())) return {};
      layers.push_back(*behind);
    }
    return layers;
  }

  bool balance(NodeId id) {
    const auto front = layer(id);
    const std::vector<Layer> behind = front ? layers_behind(id) : std::vector<Layer>();
    if (behind.empty()) return false;
    const auto channels = static_cast<size_t>(front->outputs());
    std::vector<double> before(channels), after(channels), factors(channels, 1);
    const auto measure = [](const Layer& layer, std::vector<double>& most, auto&& channel_of) {
      for (int64_t i = 0; i < layer.weights->elements(); ++i) {
        double& value = most[static_cast<size_t>(channel_of(i))];
        value = std::max(value, std::fabs(layer.weights->number(i)));
      }
    };
    measure(*front, before, [&](int64_t i) { return front->output_of(i); });
    for (const Layer& layer : behind) measure(layer, after, [&](int64_t i) { return layer.input_of(i); });
    for (size_t c = 0; c < channels; ++c) {
      constexpr double kLeast = 1e-3, kMost = 1e3;
      if (before[c] > 0 && after[c] > 0) factors[c] = std::clamp(std::sqrt(before[c] / after[c]), kLeast, kMost);
    }
    scale(*front, [&](int64_t i) { return 1 / factors[static_cast<size_t>(front->output_of(i))]; });
    if (front->bias) {
      replace(front->node, 2, *front->bias, [&](int64_t i) { return 1 / factors[static_cast<size_t>(i)]; });
    }
    for (const Layer& layer : behind)
      scale(layer, [&](int64_t i) { return factors[static_cast<size_t>(layer.input_of(i))]; });
    return true;
  }

  template <typename Factor>
  void scale(const Layer& layer, Factor&& factor) {
    replace(layer.node, 1, *layer.weights, factor);
  }
  template <typename Factor>
  void replace(NodeId node, size_t input, const Constant& old, Factor&& factor) {
    const std::string name = graph_.tensor(graph_.node(node).inputs[input]).name;
    graph_.edit_node(node).inputs[input] =
        graph_.add_constant(name, Constant::make(DataType::F32, old.dims(), [&](const TensorView& view) {
                              for (int64_t i = 0; i < old.elements(); ++i)
                                store_double(view, i, old.number(i) * factor(i));
                            }));
  }

  Graph& graph_;
  const std::vector<std::vector<NodeId>> consumers_;
};

}  // namespace

int equalize(Graph& graph) {
  return Equalizer(graph).run();
}

}  // namespace tn::quant
