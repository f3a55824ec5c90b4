// SPDX-License-Identifier: Apache-2.0
#include "quant/spread.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "ops/image/resize.h"
#include "ops/shape/pad.h"

namespace tn::quant {
namespace {

constexpr std::array<std::string_view, 12> kMovers = {"Reshape",  "Squeeze", "Unsqueeze", "Transpose",
                                                      "Identity", "Slice",   "Split",     "Gather",
                                                      "Expand",   "Tile",    "MaxPool",   "Concat"};
// One result from one operand, zero from zero, with values that are the operand's or smaller.
constexpr std::array<std::string_view, 4> kRectifiers = {"Relu", "Clip", "LeakyRelu", "PRelu"};

bool is_one_of(const Node& node, std::span<const std::string_view> names) {
  return std::ranges::find(names, node.op->name()) != names.end();
}

// Whether the result holds values of the operands, and nothing else but zeros.
bool moves(const Graph& graph, const Node& node) {
  if (is_one_of(node, kMovers)) return true;
  if (const auto* pad = dynamic_cast<const ops::Pad*>(node.op.get())) {
    const bool has_value = node.inputs.size() > 2 && node.inputs[2] != kNone;
    const Constant* value = has_value ? graph.tensor(node.inputs[2]).constant.get() : nullptr;
    return pad->mode != ops::PadMode::Constant || !has_value || (value && value->number(0) == 0);
  }
  const auto* resize = dynamic_cast<const ops::Resize*>(node.op.get());
  return resize && resize->mode == ops::ResizeMode::Nearest;
}

class Classes {
 public:
  explicit Classes(size_t count) : parent_(count) { std::iota(parent_.begin(), parent_.end(), TensorId{0}); }
  TensorId find(TensorId id) {
    while (parent(id) != id) id = parent(id) = parent(parent(id));
    return id;
  }
  void unite(TensorId a, TensorId b) { parent(find(a)) = find(b); }

 private:
  TensorId& parent(TensorId id) { return parent_[static_cast<size_t>(id)]; }
  std::vector<TensorId> parent_;
};

bool is_activation(const Graph& graph, TensorId id) {
  return id != kNone && !graph.tensor(id).constant && is_float(graph.tensor(id).type.type);
}

// The operands whose values the result holds.
std::span<const TensorId> moved(const Node& node) {
  return std::span(node.inputs).first(node.op->name() == "Concat" ? node.inputs.size() : 1);
}

Classes classes_of(const Graph& graph) {
  Classes classes(graph.tensor_count());
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if (!moves(graph, node)) continue;
    for (const TensorId input : moved(node)) {
      for (const TensorId output : node.outputs) {
        if (is_activation(graph, input) && is_activation(graph, output)) classes.unite(input, output);
      }
    }
  }
  return classes;
}

void share(const Graph& graph, Classes& classes, Plan& plan) {
  std::map<TensorId, QParams> widest;
  for (size_t i = 0; i < graph.tensor_count(); ++i) {
    const auto known = plan.find(graph.tensor(static_cast<TensorId>(i)).name);
    if (known == plan.end()) continue;
    const auto [entry, fresh] = widest.emplace(classes.find(static_cast<TensorId>(i)), known->second);
    if (fresh) continue;
    const bool is_signed = DataType::I8 == known->second.type || DataType::I8 == entry->second.type;
    const QParams wider = range_of(known->second) > range_of(entry->second) ? known->second : entry->second;
    entry->second = is_signed && wider.type != DataType::I8 ? symmetric(range_of(wider), wider.source) : wider;
  }
  for (size_t i = 0; i < graph.tensor_count(); ++i) {
    const auto id = static_cast<TensorId>(i);
    const auto shared = is_activation(graph, id) ? widest.find(classes.find(id)) : widest.end();
    if (shared == widest.end()) continue;
    QParams params = shared->second;
    const auto [entry, fresh] = plan.emplace(graph.tensor(id).name, params);
    if (fresh) {
      entry->second.source = Source::Inferred;
    } else if (entry->second.source != Source::User) {
      params.source = entry->second.source;
      entry->second = params;
    }
  }
}

void infer(Plan& plan, const std::string& from, const std::string& to) {
  const auto known = plan.find(from);
  if (known == plan.end()) return;
  QParams params = known->second;
  params.source = Source::Inferred;
  plan.emplace(to, params);
}

// Follows the network, so that bounds lead to further ones.
std::vector<Bounded> bound(const Graph& graph, Plan& plan) {
  std::vector<Bounded> result;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if (moves(graph, node)) {
      for (const TensorId input : moved(node)) {
        for (const TensorId output : node.outputs) {
          if (is_activation(graph, input) && is_activation(graph, output))
            infer(plan, graph.tensor(input).name, graph.tensor(output).name);
        }
      }
      continue;
    }
    if (node.outputs.empty() || plan.contains(graph.tensor(node.outputs[0]).name)) continue;
    if (auto found = bound_of(graph, node, plan)) {
      const std::string& name = graph.tensor(node.outputs[0]).name;
      plan.emplace(name, found->params);
      result.push_back({name, *std::move(found)});
    }
  }
  return result;
}

}  // namespace

std::vector<Bounded> spread(const Graph& graph, Plan& plan) {
  const auto order = graph.order();
  const bool has_unsigned =
      std::ranges::any_of(plan, [](const auto& entry) { return entry.second.type == DataType::U8; });
  const DataType type = has_unsigned ? DataType::U8 : DataType::I8;
  const auto name = [&](TensorId id) -> const std::string& { return graph.tensor(id).name; };
  for (const NodeId id : order) {
    const Node& node = graph.node(id);
    if (node.op->name() == "Sigmoid" || node.op->name() == "Softmax")
      plan.try_emplace(name(node.outputs[0])).first->second = from_range(1, type, Source::Fixed);
  }
  Classes classes = classes_of(graph);
  share(graph, classes, plan);
  for (const NodeId id : order) {
    const Node& node = graph.node(id);
    if (is_one_of(node, kRectifiers)) infer(plan, name(node.inputs[0]), name(node.outputs[0]));
  }
  for (auto id = order.rbegin(); id != order.rend(); ++id) {
    const Node& node = graph.node(*id);
    if (is_one_of(node, kRectifiers)) infer(plan, name(node.outputs[0]), name(node.inputs[0]));
  }
  share(graph, classes, plan);
  auto bounded = bound(graph, plan);
  share(graph, classes, plan);
  return bounded;
}

}  // namespace tn::quant
