// SPDX-License-Identifier: Apache-2.0
#include "tuning/assign.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "base/error.h"
#include "tuning/min_cut.h"
#include "tuning/tuner.h"
#include "tuning/type_options.h"

namespace tn {
namespace {

// What a narrow type costs on a device, of what is measured: the times of single regions, of few of their ways, do not
// show what it saves those behind them.
constexpr double kNarrowOnDevices = 0.85;

bool contains(const std::vector<size_t>& list, size_t i) {
  return std::ranges::find(list, i) != list.end();
}

// A node of the graph in the cut.
struct Candidate : TypeOptions {
  int vertex = -1;
  int64_t in_f32 = 0, in_narrow = 0;  ///< nanoseconds
};

struct Conversion {
  int64_t to_narrow = 0, to_f32 = 0;
};

class Assigner {
 public:
  Assigner(const Graph& graph, const Backend& backend, const Target& target, DataType narrow, RegionCosts& costs,
           const TypeRules& rules)
      : graph_(graph),
        target_(target),
        narrow_(narrow),
        costs_(costs),
        rules_(rules),
        finder_(graph, backend, target, narrow, rules) {}

  TypeAssignment run(const std::function<void()>& node_done) {
    candidates_.resize(graph_.node_count());
    tensor_vertices_.assign(graph_.tensor_count(), -1);
    bool any = false;
    for (const NodeId id : graph_.order()) {
      static_cast<TypeOptions&>(candidates_[static_cast<size_t>(id)]) = finder_.options_of(id);
      expect(id);
      node_done();
    }
    for (const NodeId id : graph_.order()) {
      any |= add_node(id);
      node_done();
    }
    if (!any) return {};
    const auto consumers = graph_.all_consumers();
    if (!rules_.others) keep_wide(consumers);
    for (const NodeId id : graph_.order()) {
      const Candidate& candidate = candidates_[static_cast<size_t>(id)];
      if (candidate.follows) continue;
      for (const size_t i : candidate.rule.outputs) link_producer(candidate, id, i);
    }
    for (size_t id = 0; id < graph_.tensor_count(); ++id) link_consumers(static_cast<TensorId>(id), consumers[id]);
    return result(static_cast<double>(fixed_cost_ + cut_.solve()) / 1000);
  }

 private:
  static int64_t nanoseconds(double microseconds) { return std::llround(microseconds * 1000); }

  double cost_of(const Node& node, const Retyping& rule, DataType type) const {
    const Graph alone = isolate(graph_, node, rule, uniform_storage(node, type));
    return costs_.microseconds(*only_region(alone));
  }

  // What its costs will be asked for, in the same order.
  void expect(NodeId id) const {
    const Node& node = graph_.node(id);
    const Candidate& candidate = candidates_[static_cast<size_t>(id)];
    const bool moves = candidate.rule.moves && !candidate.follows;
    if (!candidate.chooses || moves || (candidate.only_f32 && !candidate.follows)) return;
    for (const DataType type : {DataType::F32, narrow_}) {
      const Graph alone = isolate(graph_, node, candidate.rule, uniform_storage(node, type));
      costs_.expect_cost(*only_region(alone));
    }
    for (const size_t i : candidate.rule.outputs) expect_conversion(node.outputs[i]);
  }

  void expect_conversion(TensorId id) const {
    const TensorType& type = graph_.tensor(id).type;
    for (const bool narrows : {true, false}) {
      const Graph graph = conversion_of(type, narrows);
      costs_.expect_cost(*only_region(graph));
    }
  }

  // Returns whether there is a choice that matters.
  bool add_node(NodeId id) {
    const Node& node = graph_.node(id);
    Candidate& candidate = candidates_[static_cast<size_t>(id)];
    if (!candidate.chooses) return false;
    if (candidate.follows) return add_shares(node, candidate);
    candidate.vertex = cut_.add_vertex();
    if (candidate.only_f32) {
      cut_.add_edge(MinCut::kSource, candidate.vertex, MinCut::kNever);
      return false;
    }
    if (candidate.held) cut_.add_edge(candidate.vertex, MinCut::kSink, MinCut::kNever);
    if (candidate.rule.moves) return candidate.held != nullptr;
    weigh(node, candidate);
    cut_.add_edge(candidate.vertex, MinCut::kSink, candidate.in_f32);
    cut_.add_edge(MinCut::kSource, candidate.vertex, candidate.in_narrow);
    return true;
  }

  void weigh(const Node& node, Candidate& candidate) {
    candidate.in_f32 = nanoseconds(cost_of(node, candidate.rule, DataType::F32));
    const double share = target_.device ? kNarrowOnDevices : 1;
    candidate.in_narrow = nanoseconds(share * cost_of(node, candidate.rule, narrow_));
    f32_cost_ += candidate.in_f32;
  }

  // An elementwise node gains by each operand that is narrow, in proportion to its elements.
  bool add_shares(const Node& node, Candidate& candidate) {
    const Retyping& rule = candidate.rule;
    weigh(node, candidate);
    fixed_cost_ += candidate.in_f32;
    std::vector<TensorId> operands;
    for (const size_t i : rule.inputs) operands.push_back(node.inputs[i]);
    for (const size_t i : rule.outputs) operands.push_back(node.outputs[i]);
    double all = 0;
    for (const TensorId id : operands) all += elements(id);
    for (const TensorId id : operands) {
      const int64_t gain =
          std::llround(static_cast<double>(candidate.in_f32 - candidate.in_narrow) * elements(id) / all);
      if (gain > 0) {
        cut_.add_edge(vertex_of(id), MinCut::kSink, gain);
        fixed_cost_ -= gain;
      } else {
        cut_.add_edge(MinCut::kSource, vertex_of(id), -gain);
      }
    }
    return true;
  }

  double elements(TensorId id) const {
    double product = 1;
    for (const Dim& dim : graph_.tensor(id).type.dims)
      product *= static_cast<double>(std::max<int64_t>(1, range_of(dim, target_.ranges).max));
    return product;
  }

  int vertex_of(TensorId id) {
    int& vertex = tensor_vertices_[static_cast<size_t>(id)];
    if (vertex >= 0) return vertex;
    vertex = cut_.add_vertex();
    if (graph_.is_input(id) || graph_.is_output(id) || finder_.is_wide(id))
      cut_.add_edge(MinCut::kSource, vertex, MinCut::kNever);
    return vertex;
  }

  // What it costs to convert a whole tensor.
  const Conversion& conversion(TensorId id) {
    const TensorType& type = graph_.tensor(id).type;
    const auto [entry, fresh] = conversions_.try_emplace(to_string(type));
    if (!fresh) return entry->second;
    const auto measure = [&](bool narrows) {
      const Graph graph = conversion_of(type, narrows);
      return nanoseconds(costs_.microseconds(*only_region(graph)));
    };
    entry->second = {measure(true), measure(false)};
    return entry->second;
  }

  Graph conversion_of(const TensorType& type, bool narrows) const {
    Graph graph;
    const TensorId input = graph.add_input("x", {narrows ? DataType::F32 : narrow_, type.dims});
    graph.set_outputs({graph.add("Cast", cast_op(narrows ? narrow_ : DataType::F32), {input})});
    return graph;
  }

  // Where only layers that are held may be narrow, so may what they make, and what nobody else reads.
  void keep_wide(const std::vector<std::vector<NodeId>>& consumers) {
    const auto is_held = [&](NodeId id) { return candidates_[static_cast<size_t>(id)].held != nullptr; };
    for (size_t id = 0; id < graph_.tensor_count(); ++id) {
      const NodeId producer = graph_.tensor(static_cast<TensorId>(id)).producer;
      if ((producer != kNone && is_held(producer)) || std::ranges::all_of(consumers[id], is_held)) continue;
      cut_.add_edge(MinCut::kSource, vertex_of(static_cast<TensorId>(id)), MinCut::kNever);
    }
  }

  void link_producer(const Candidate& producer, NodeId id, size_t output) {
    const TensorId tensor = graph_.node(id).outputs[output];
    const int at = vertex_of(tensor);
    if (producer.held && producer.held->gives_f32) return cut_.add_edge(MinCut::kSource, at, MinCut::kNever);
    const bool free[] = {producer.writes_other[0][output], producer.writes_other[1][output]};
    cut_.add_edge(producer.vertex, at, free[0] ? conversion(tensor).to_narrow / 4 : MinCut::kNever);
    if (!producer.only_f32)
      cut_.add_edge(at, producer.vertex, free[1] ? conversion(tensor).to_f32 / 4 : MinCut::kNever);
  }

  // Readers that need a conversion share it: two vertices that are cut from the tensor at its cost stand between.
  void link_consumers(TensorId tensor, const std::vector<NodeId>& consumers) {
    int narrowed = -1, widened = -1;
    NodeId last = kNone;
    for (const NodeId id : consumers) {
      if (std::exchange(last, id) == id) continue;  // listed once per use
      const Candidate& consumer = candidates_[static_cast<size_t>(id)];
      if (consumer.follows) continue;
      for (const size_t i : consumer.rule.inputs) {
        if (graph_.node(id).inputs[i] != tensor) continue;
        const int at = vertex_of(tensor);
        if (!consumer.only_f32) {
          if (consumer.reads_other[1][i]) {
            cut_.add_edge(at, consumer.vertex, conversion(tensor).to_narrow / 4);
          } else {
            if (narrowed < 0) {
              narrowed = cut_.add_vertex();
              const bool never = finder_.is_wide(tensor) && !consumer.held;
              cut_.add_edge(at, narrowed, never ? MinCut::kNever : conversion(tensor).to_narrow);
            }
            cut_.add_edge(narrowed, consumer.vertex, MinCut::kNever);
          }
        }
        if (consumer.reads_other[0][i]) {
          cut_.add_edge(consumer.vertex, at, conversion(tensor).to_f32 / 4);
        } else {
          if (widened < 0) {
            widened = cut_.add_vertex();
            cut_.add_edge(widened, at, conversion(tensor).to_f32);
          }
          cut_.add_edge(consumer.vertex, widened, MinCut::kNever);
        }
      }
    }
  }

  TypeAssignment result(double cost) const {
    TypeAssignment assignment{narrow_,
                              std::vector<Storage>(graph_.node_count()),
                              std::vector<DataType>(graph_.tensor_count(), DataType::F32),
                              static_cast<double>(f32_cost_) / 1000,
                              cost,
                              ""};
    for (size_t id = 0; id < assignment.tensors.size(); ++id) {
      const int vertex = tensor_vertices_[id];
      if (vertex >= 0 && cut_.on_sink_side(vertex)) assignment.tensors[id] = narrow_;
    }
    for (const NodeId id : graph_.order()) {
      const Node& node = graph_.node(id);
      const Candidate& candidate = candidates_[static_cast<size_t>(id)];
      if (candidate.vertex < 0 && !candidate.follows) continue;
      const bool works_narrow = !candidate.follows && cut_.on_sink_side(candidate.vertex);
      Storage& storage = assignment.nodes[static_cast<size_t>(id)] =
          uniform_storage(node, works_narrow ? narrow_ : DataType::F32);
      for (const size_t i : candidate.rule.inputs) {
        if (candidate.reads_other[works_narrow][i])
          storage.inputs[i] = assignment.tensors[static_cast<size_t>(node.inputs[i])];
      }
      for (const size_t i : candidate.rule.outputs)
        storage.outputs[i] = assignment.tensors[static_cast<size_t>(node.outputs[i])];
      if (!candidate.only_f32 && !candidate.rule.moves) {
        assignment.explanation += fmt::format(
            "  {}: {:.1f} us in f32, {:.1f} us in {}; {}\n", node.name, static_cast<double>(candidate.in_f32) / 1000,
            static_cast<double>(candidate.in_narrow) / 1000, name_of(narrow_), types_of(candidate.rule, storage));
      }
    }
    return assignment;
  }

  static std::string types_of(const Retyping& rule, const Storage& storage) {
    std::string text = "takes";
    for (const size_t i : rule.inputs) text += fmt::format(" {}", name_of(storage.inputs[i]));
    text += ", gives";
    for (const size_t i : rule.outputs) text += fmt::format(" {}", name_of(storage.outputs[i]));
    return text;
  }

  const Graph& graph_;
  const Target& target_;
  DataType narrow_;
  RegionCosts& costs_;
  const TypeRules& rules_;
  TypeOptionsFinder finder_;
  MinCut cut_;
  int64_t f32_cost_ = 0, fixed_cost_ = 0;  ///< nanoseconds; the second is what the cut does not count
  std::vector<Candidate> candidates_;      ///< by node id
  std::vector<int> tensor_vertices_;       ///< by tensor id; -1 where there is no choice
  std::map<std::string, Conversion> conversions_;
};

}  // namespace

TypeAssignment assign_types(const Graph& graph, const Backend& backend, const Target& target, DataType narrow,
                            RegionCosts& costs, const std::function<void()>& node_done, const TypeRules& rules) {
  return Assigner(graph, backend, target, narrow, costs, rules).run(node_done);
}

void apply_types(Graph& graph, const TypeAssignment& assignment) {
  struct Edit {
    NodeId node;
    Retyping rule;
    Retyped retyped;
  };
  std::vector<Edit> edits;
  for (const NodeId id : graph.order()) {
    if (static_cast<size_t>(id) >= assignment.nodes.size()) break;
    const Storage& storage = assignment.nodes[static_cast<size_t>(id)];
    if (storage.inputs.empty() && storage.outputs.empty()) continue;
    Retyping rule = retyping_of(graph, graph.node(id));
    Retyped retyped = retype(graph, graph.node(id), rule, storage);
    edits.push_back({id, std::move(rule), std::move(retyped)});
  }
  for (size_t id = 0; id < assignment.tensors.size(); ++id) {
    if (assignment.tensors[id] != DataType::F32)
      graph.edit_tensor(static_cast<TensorId>(id)).type.type = assignment.tensors[id];
  }
  std::map<TensorId, TensorId> converted;
  const auto in_type = [&](TensorId id, DataType type) {
    const Tensor& tensor = graph.tensor(id);
    if (tensor.type.type == type) return id;
    const auto found = converted.find(id);
    if (found != converted.end()) return found->second;
    const std::string name = fmt::format("{} ({})", tensor.name, name_of(type));
    return converted[id] = tensor.constant ? graph.add_constant(name, convert(*tensor.constant, type))
                                           : graph.add(name, cast_op(type), {id});
  };
  for (Edit& edit : edits) {
    const Storage& storage = assignment.nodes[static_cast<size_t>(edit.node)];
    const std::vector<TensorId> before = graph.node(edit.node).inputs;
    std::vector<TensorId> inputs;
    for (const size_t i : edit.retyped.inputs) {
      const bool free = contains(edit.rule.inputs, i) || contains(edit.rule.constants, i);
      inputs.push_back(free ? in_type(before[i], storage.inputs[i]) : before[i]);
    }
    Node& node = graph.edit_node(edit.node);
    node.op = std::move(edit.retyped.op);
    node.inputs = std::move(inputs);
    node.bodies = std::move(edit.retyped.bodies);
  }
  verify(graph);
}

}  // namespace tn
