// SPDX-License-Identifier: Apache-2.0
#include "builder/correct.h"

#include <algorithm>
#include <atomic>
#include <set>

#include "base/error.h"
#include "builder/bias_place.h"
#include "builder/fixed_run.h"
#include "builder/product_inputs.h"
#include "ops/quant/roles.h"
#include "quant/apply.h"
#include "quant/equalize.h"
#include "quant/rounded_weights.h"
#include "quant/spread.h"

namespace tn {
namespace {

constexpr size_t kMostBytes = size_t{1} << 29;  // of sums of products at a time

/// A product that will be rounded, and how its weights were before anything was corrected.
struct Layer {
  ProductInputs inputs;
  std::vector<float> exact;
};

// As quant::insert_pairs will round them.
quant::RoundedWeights round_rows(const std::vector<float>& weights, size_t width) {
  return {weights, Shape{std::ssize(weights) / static_cast<int64_t>(width), static_cast<int64_t>(width)}, 0};
}

std::vector<Layer> layers_of(const Graph& graph, quant::Plan plan) {
  quant::spread(graph, plan);
  Graph rounded = graph;
  const auto products = quant::insert_pairs(rounded, plan, quant::Weights::Floats).products;
  std::vector<Layer> layers;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if (!ops::is_product(node) || !products.contains(node.name)) continue;
    auto inputs = ProductInputs::of(graph, id, plan.at(graph.tensor(node.inputs[0]).name));
    if (!inputs) continue;
    std::vector<float> weights = inputs->weights(graph);
    layers.push_back({*std::move(inputs), std::move(weights)});
  }
  return layers;
}

/// Runs the network on samples and shows layers what they read.
class Observer {
 public:
  Observer(const Graph& graph, const CorrectionData& data)
      : data_(data), graph_(graph), exposed_(expose(graph)), run_(exposed_, data.batching.profile, data.threads) {}

  void show(std::span<Layer> layers) {
    const auto source = data_.samples();
    int64_t number = 0;
    for_each_batch(*source, data_.batching.size, [&](std::span<const Sample> batch) {
      fill_inputs(run_, data_.batching, batch);
      run_.run(data_.batching.shapes);
      std::atomic<size_t> next = 0;
      run_.lane().run([&](int) {
        for (size_t i = next++; i < layers.size(); i = next++) {
          ProductInputs& inputs = layers[i].inputs;
          for (int64_t k = 0; k < std::ssize(batch); ++k)
            inputs.add(view_of(inputs.input()), k, data_.batching.size, number + k);
        }
      });
      number += std::ssize(batch);
    });
  }

 private:
  // With what products read as outputs.
  static Graph expose(Graph graph) {
    std::set<TensorId> outputs;
    for (const NodeId id : graph.order()) {
      const TensorId x = ops::is_product(graph.node(id)) ? graph.node(id).inputs[0] : kNone;
      if (x != kNone && !graph.is_input(x) && !graph.tensor(x).constant) outputs.insert(x);
    }
    if (!outputs.empty()) graph.set_outputs({outputs.begin(), outputs.end()});
    return graph;
  }
  TensorView view_of(TensorId id) {
    const auto &inputs = graph_.inputs(), &outputs = exposed_.outputs();
    if (const auto input = std::ranges::find(inputs, id); input != inputs.end()) {
      const auto index = static_cast<size_t>(input - inputs.begin());
      return TensorView::dense(run_.input(index).data(), DataType::F32, data_.batching.shapes[index]);
    }
    return run_.output(static_cast<size_t>(std::ranges::find(outputs, id) - outputs.begin()));
  }

  const CorrectionData& data_;
  const Graph& graph_;
  Graph exposed_;
  FixedRun run_;
};

void set_weights(Graph& graph, const Layer& layer, const std::vector<float>& weights) {
  const NodeId id = layer.inputs.node();
  const std::string name = graph.tensor(graph.node(id).inputs[1]).name;
  const TensorId constant = graph.add_constant(name, layer.inputs.constant(weights));
  graph.edit_node(id).inputs[1] = constant;
}

// Rounds weights by what they are multiplied with, as many layers at a time as memory allows; what the layers read is
// counted on the way.
void round_weights(Graph& graph, std::span<Layer> layers, Observer& observer) {
  for (size_t first = 0; first < layers.size();) {
    size_t bytes = 0, count = 0;
    do bytes += layers[first + count++].inputs.bytes_of_products();
    while (first + count < layers.size() && bytes + layers[first + count].inputs.bytes_of_products() <= kMostBytes);
    const auto some = layers.subspan(first, count);
    for (Layer& layer : some) layer.inputs.count_products();
    observer.show(some);
    for (Layer& layer : some) {
      const size_t width = layer.inputs.width(), groups = layer.inputs.grams().size(),
                   rows = layer.inputs.rows() / groups;
      const std::vector<float> scales = round_rows(layer.exact, width).scales();
      std::vector<float> rounded;
      for (size_t group = 0; group < groups; ++group) {
        const auto of_group = quant::round_by(layer.inputs.grams()[group],
                                              std::span(layer.exact).subspan(group * rows * width, rows * width),
                                              std::span(scales).subspan(group * rows, rows));
        rounded.insert(rounded.end(), of_group.begin(), of_group.end());
      }
      set_weights(graph, layer, rounded);
      layer.inputs.forget_products();
    }
    first += count;
  }
}

void shift_biases(Graph& graph, std::span<const Layer> layers) {
  for (const Layer& layer : layers) {
    const auto place = bias_place(graph, layer.inputs.node());
    if (!place) continue;
    const auto rounded = round_rows(layer.inputs.weights(graph), layer.inputs.width());
    const auto shifts = layer.inputs.shifts(layer.exact, rounded.numbers());
    const ConstantPtr before = bias_at(graph, *place);
    const Shape dims = before ? before->dims() : Shape{std::ssize(shifts)};
    const Node& node = graph.node(place->node);
    const TensorId bias =
        graph.add_constant(before ? graph.tensor(node.inputs[place->input]).name : node.name + "/bias",
                           Constant::make(DataType::F32, dims, [&](const TensorView& view) {
                             for (int64_t i = 0; i < std::ssize(shifts); ++i)
                               store_double(view, i, (before ? before->number(i) : 0) + shifts[static_cast<size_t>(i)]);
                           }));
    auto& inputs = graph.edit_node(place->node).inputs;
    inputs.resize(std::max(inputs.size(), place->input + 1), kNone);
    inputs[place->input] = bias;
  }
}

}  // namespace

std::string correct(Graph& graph, quant::Plan& plan, int level, const CorrectionData& data) {
  double best = data.held_out.compare(graph, plan).decibels;
  std::string text = fmt::format("{:.1f} dB without", best);
  bool has_unsigned = std::ranges::any_of(plan, [](const auto& entry) { return entry.second.type == DataType::U8; });
  const auto consider = [&](Graph changed, quant::Plan ranges, const char* what) {
    const double quality = data.held_out.compare(changed, ranges).decibels;
    text += fmt::format(", {:.1f} {}{}", quality, what, quality > best ? "" : " (not kept)");
    if (!(quality > best)) return false;
    best = quality;
    graph = std::move(changed);
    plan = std::move(ranges);
    return true;
  };
  if (!has_unsigned) has_unsigned = consider(graph, data.ranges(true), "with u8 for what is never negative");
  if (Graph equal = graph; quant::equalize(equal) > 0) {
    quant::Plan ranges = data.calibrate(equal, has_unsigned);
    consider(std::move(equal), std::move(ranges), "with equalized channels");
  }
  std::vector<Layer> layers = layers_of(graph, plan);
  const Graph counted = graph;
  Observer observer(counted, data);
  constexpr int kRoundsWeights = 2;
  if (level >= kRoundsWeights) {
    Graph changed = graph;
    round_weights(changed, layers, observer);
    consider(std::move(changed), plan, "with weights rounded by what they are multiplied with");
  } else {
    observer.show(layers);
  }
  Graph changed = graph;
  shift_biases(changed, layers);
  consider(std::move(changed), plan, "with corrected biases");
  return text;
}

}  // namespace tn
