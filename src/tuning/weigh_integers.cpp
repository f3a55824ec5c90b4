// SPDX-License-Identifier: Apache-2.0
#include "tuning/weigh_integers.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "ops/quant/quantize.h"
#include "tuning/min_cut.h"
#include "tuning/tuner.h"
#include "tuning/type_options.h"

namespace tn {
namespace {

bool only_moves(const Graph& graph, const Node& node) {
  return retyping_of(graph, node).moves;
}

// Microseconds, and the type of floats in which the node is fastest.
std::pair<double, DataType> fastest(const Graph& graph, const Node& node, const IntegerRules& rules,
                                    const Backend& backend, const Target& target, RegionCosts& costs) {
  std::pair best(costs.microseconds(*region_of(graph, node)), DataType::F32);
  const Retyping rule = retyping_of(graph, node);
  if (rule.fixed || (rule.inputs.empty() && rule.outputs.empty())) return best;
  for (const DataType type : rules.narrow) {
    if (!constants_fit(graph, node, type)) continue;
    const Graph alone = isolate(graph, node, rule, uniform_storage(node, type));
    const auto region = only_region(alone);
    if (!region || !has_kernel(backend, target, *region)) continue;
    best = std::min(best, {costs.microseconds(*region), type});
  }
  return best;
}

struct Group : IntegerGroup {
  int vertex = -1;
  double in_integers = 0, in_floats = 0;
  DataType type = DataType::F32;
};

class Weigher {
 public:
  Weigher(const IntegerForms& forms, const IntegerRules& rules, const Backend& backend, const Target& target,
          RegionCosts& costs)
      : graph_(forms.integers),
        floats_(forms.floats),
        rules_(rules),
        backend_(backend),
        target_(target),
        costs_(costs) {}

  IntegerChoice run(const std::function<void()>& node_done) {
    make_groups();
    for (const bool asks : {true, false}) {
      for (Group& group : groups_) weigh(group, asks, node_done);
    }
    for (Group& group : groups_) add_vertex(group);
    const auto consumers = graph_.all_consumers();
    for (size_t id = 0; id < graph_.tensor_count(); ++id) {
      if (is_quantized(static_cast<TensorId>(id))) link(static_cast<TensorId>(id), consumers[id]);
    }
    return result(static_cast<double>(cut_.solve()) / 1000);
  }

 private:
  static int64_t nanoseconds(double microseconds) { return std::llround(std::min(microseconds, 1e9) * 1000); }

  void make_groups() {
    group_of_.assign(graph_.node_count(), 0);
    for (IntegerGroup& group : groups_of({graph_, floats_}, rules_.products)) {
      for (const NodeId id : group.integers) group_of_[static_cast<size_t>(id)] = groups_.size();
      groups_.push_back({std::move(group)});
    }
  }

  Group& group_of(NodeId id) { return groups_[group_of_[static_cast<size_t>(id)]]; }
  bool is_quantized(TensorId id) const {
    const Tensor& tensor = graph_.tensor(id);
    return is_byte_activation(tensor) && tensor.producer != kNone;
  }

  // First says what will be asked for, so that what takes others' time can begin.
  void weigh(Group& group, bool asks, const std::function<void()>& node_done) {
    if (!group.rounded) return;
    for (const NodeId id : group.integers) {
      const Node& node = graph_.node(id);
      if (only_moves(graph_, node)) continue;
      if (asks)
        costs_.expect_cost(*region_of(graph_, node));
      else
        group.in_integers += costs_.microseconds(*region_of(graph_, node));
    }
    for (const NodeId id : group.floats) {
      const Node& node = floats_.node(id);
      if (only_moves(floats_, node)) continue;
      if (asks) {
        costs_.expect_cost(*region_of(floats_, node));
        continue;
      }
      const auto [microseconds, type] = fastest(floats_, node, rules_, backend_, target_, costs_);
      group.in_floats += microseconds;
      group.type = type;
    }
    if (!asks) node_done();
  }

  // On the source's side it computes with floats.
  void add_vertex(Group& group) {
    if (!group.rounded) return;
    group.vertex = cut_.add_vertex();
    cut_.add_edge(MinCut::kSource, group.vertex, group.unsupported ? MinCut::kNever : nanoseconds(group.in_integers));
    const bool demanded = !group.unsupported && is_demanded(group);
    cut_.add_edge(group.vertex, MinCut::kSink, demanded ? MinCut::kNever : nanoseconds(group.in_floats));
  }

  bool is_demanded(const Group& group) const {
    return std::ranges::any_of(group.products, [&](const std::string& name) { return rules_.demanded.contains(name); });
  }

  struct Conversion {
    int64_t quantize, dequantize;  ///< nanoseconds
  };
  Conversion conversion(const TensorType& type) {
    const auto [entry, fresh] = conversions_.try_emplace(to_string(type));
    if (!fresh) return entry->second;
    const auto measure = [&](OpPtr op, DataType from) {
      Graph graph;
      const TensorId x = graph.add_input("x", {from, type.dims});
      const TensorId scale = graph.add_constant("scale", Constant::scalar(DataType::F32, 1));
      graph.set_outputs({graph.add("conversion", std::move(op), {x, scale})});
      return nanoseconds(costs_.microseconds(*only_region(graph)));
    };
    auto quantize = std::make_shared<ops::Quantize>();
    quantize->to = type.type;
    const int64_t quantized = measure(quantize, DataType::F32);
    return entry->second = {quantized, measure(std::make_shared<ops::Dequantize>(), type.type)};
  }

  // Whether a node reads or writes the tensor as a kernel's load or store behind its main operand.
  bool by_the_way(NodeId id, TensorId tensor, bool writes) const {
    const auto region = region_of(graph_, graph_.node(id));
    if (!region || only_moves(graph_, graph_.node(id))) return false;
    if (!region->anchor || writes) return !region->expressions.empty();
    const int main = region->anchor_inputs.empty() ? -1 : region->anchor_inputs[0];
    return main < 0 || graph_.node(id).inputs[static_cast<size_t>(main)] != tensor;
  }

  // A tensor of bytes: where it is floats, who takes integers pays, and the other way round.
  void link(TensorId tensor, const std::vector<NodeId>& consumers) {
    const Conversion cost = conversion(graph_.tensor(tensor).type);
    const int at = cut_.add_vertex();
    if (rules_.binding) cut_.add_edge(at, MinCut::kSink, MinCut::kNever);
    const NodeId producer = graph_.tensor(tensor).producer;
    const Group& maker = group_of(producer);
    const bool stores = by_the_way(producer, tensor, true);
    const auto share = [](bool kernel, int64_t all) { return kernel ? all / 4 : all; };
    cut_.add_edge(maker.vertex, at, maker.converts ? MinCut::kNever : share(stores, cost.quantize));
    cut_.add_edge(at, maker.vertex, maker.converts ? MinCut::kNever : share(stores, cost.dequantize));
    int rounded = -1, widened = -1;
    for (const NodeId id : consumers) {
      const Group& reader = group_of(id);
      if (reader.vertex == maker.vertex) continue;
      if (reader.converts) {
        cut_.add_edge(at, reader.vertex, MinCut::kNever);
        cut_.add_edge(reader.vertex, at, MinCut::kNever);
        continue;
      }
      if (by_the_way(id, tensor, false)) {
        cut_.add_edge(at, reader.vertex, cost.quantize / 4);
        cut_.add_edge(reader.vertex, at, cost.dequantize / 4);
        continue;
      }
      if (rounded < 0) {
        rounded = cut_.add_vertex();
        widened = cut_.add_vertex();
        cut_.add_edge(at, rounded, cost.quantize);
        cut_.add_edge(widened, at, cost.dequantize);
      }
      cut_.add_edge(rounded, reader.vertex, MinCut::kNever);
      cut_.add_edge(reader.vertex, widened, MinCut::kNever);
    }
  }

  IntegerChoice result(double cost) const {
    IntegerChoice choice;
    choice.cost = cost;
    for (const Group& group : groups_) {
      if (group.vertex < 0) continue;
      choice.all_integers += group.in_integers;
      choice.all_floats += group.in_floats;
      if (group.products.empty()) continue;
      std::string layer;
      for (const NodeId id : group.integers) layer += (layer.empty() ? "" : ", ") + graph_.node(id).name;
      choice.lines.push_back({std::move(layer), group.products,
                              group.unsupported ? std::numeric_limits<double>::infinity() : group.in_integers,
                              group.in_floats, group.type, is_demanded(group), cut_.on_sink_side(group.vertex), ""});
    }
    return choice;
  }

  const Graph &graph_, &floats_;
  const IntegerRules& rules_;
  const Backend& backend_;
  const Target& target_;
  RegionCosts& costs_;
  MinCut cut_;
  std::vector<Group> groups_;     ///< in the order of the network
  std::vector<size_t> group_of_;  ///< by node id
  std::map<std::string, Conversion> conversions_;
};

}  // namespace

std::set<std::string> IntegerChoice::floats() const {
  std::set<std::string> names;
  for (const Line& line : lines) {
    if (!line.integers) names.insert(line.products.begin(), line.products.end());
  }
  return names;
}

std::string IntegerChoice::explanation(const std::set<std::string>& integers) const {
  std::string text;
  for (const Line& line : lines) {
    const bool chosen = std::ranges::any_of(line.products, [&](const auto& name) { return integers.contains(name); });
    const std::string_view floats = name_of(line.floats);
    text += fmt::format("  {}: ", line.layer);
    if (line.unsupported())
      text += "no kernel in int8" + (line.reason.empty() ? "" : " (" + line.reason + ")");
    else
      text += fmt::format("{:.1f} us in int8", line.in_integers);
    text += fmt::format(", {:.1f} us in {}; {}{}\n", line.in_floats, floats, chosen ? "int8" : floats,
                        line.demanded && chosen ? ", demanded" : "");
  }
  return text;
}

IntegerChoice weigh_integers(const IntegerForms& forms, const IntegerRules& rules, const Backend& backend,
                             const Target& target, RegionCosts& costs, const std::function<void()>& node_done) {
  return Weigher(forms, rules, backend, target, costs).run(node_done);
}

double cost_of(const Graph& graph, RegionCosts& costs) {
  double sum = 0;
  for (const NodeId id : graph.order()) {
    if (!only_moves(graph, graph.node(id))) sum += costs.microseconds(*region_of(graph, graph.node(id)));
  }
  return sum;
}

}  // namespace tn
