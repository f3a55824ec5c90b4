// SPDX-License-Identifier: Apache-2.0
#include "tuning/integer_groups.h"

#include <algorithm>
#include <map>

#include "ops/control/region.h"
#include "ops/quant/roles.h"
#include "tuning/region.h"

namespace tn {
namespace {

class Grouper {
 public:
  Grouper(const IntegerForms& forms, const std::set<std::string>& products) : forms_(forms), products_(products) {}

  std::vector<IntegerGroup> run() {
    for (const NodeId id : forms_.floats.order()) {
      for (const std::string& name : operators_in(forms_.floats.node(id))) float_by_name_.emplace(name, id);
    }
    for (const NodeId id : forms_.integers.order()) add(id);
    return std::move(groups_);
  }

 private:
  void add(NodeId id) {
    const Graph& graph = forms_.integers;
    const Node& node = graph.node(id);
    const auto names = operators_in(node);
    const size_t at = place_of(names);
    if (at == groups_.size()) groups_.emplace_back();
    IntegerGroup& group = groups_[at];
    group.integers.push_back(id);
    group.converts = group.integers.size() == 1 && names.empty();
    for (const NodeId other : floats_of(names)) {
      if (group_of_float_.emplace(other, at).second) group.floats.push_back(other);
    }
    const auto region = region_of(graph, node);
    for (const std::string& name : names) {
      if (!products_.contains(name)) continue;
      group.products.insert(name);
      group.unsupported |= !region->loads_quantized();
    }
    const auto rounded = [&](TensorId tensor) { return tensor != kNone && is_byte_activation(graph.tensor(tensor)); };
    group.rounded |= !group.products.empty() || std::ranges::any_of(node.inputs, rounded) ||
                     std::ranges::any_of(node.outputs, rounded);
  }

  // Nodes in floats that have one of the operators.
  std::set<NodeId> floats_of(const std::vector<std::string>& names) const {
    std::set<NodeId> nodes;
    for (const std::string& name : names) {
      if (const auto found = float_by_name_.find(name); found != float_by_name_.end()) nodes.insert(found->second);
    }
    return nodes;
  }

  // The first group that has one of these nodes; else a new one.
  size_t place_of(const std::vector<std::string>& names) const {
    size_t at = groups_.size();
    for (const NodeId node : floats_of(names)) {
      if (const auto found = group_of_float_.find(node); found != group_of_float_.end())
        at = std::min(at, found->second);
    }
    return at;
  }

  const IntegerForms& forms_;
  const std::set<std::string>& products_;
  std::map<std::string, NodeId> float_by_name_;
  std::map<NodeId, size_t> group_of_float_;
  std::vector<IntegerGroup> groups_;
};

}  // namespace

std::vector<IntegerGroup> groups_of(const IntegerForms& forms, const std::set<std::string>& products) {
  return Grouper(forms, products).run();
}

bool is_byte_activation(const Tensor& tensor) {
  return !tensor.constant && (tensor.type.type == DataType::I8 || tensor.type.type == DataType::U8);
}

std::vector<std::string> operators_in(const Node& node) {
  if (node.op->name() != ops::Region::kName)
    return ops::is_quantization(node) ? std::vector<std::string>() : std::vector{node.name};
  std::vector<std::string> names;
  for (const NodeId id : node.bodies[0].order()) {
    if (!ops::is_quantization(node.bodies[0].node(id))) names.push_back(node.bodies[0].node(id).name);
  }
  return names;
}

}  // namespace tn
