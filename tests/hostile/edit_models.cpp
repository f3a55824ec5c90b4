// SPDX-License-Identifier: Apache-2.0
#include "hostile/edit_models.h"

#include <fmt/format.h>

namespace tn::test {
namespace {

using onnx::GraphProto;
using onnx::ModelProto;
using onnx::NodeProto;

// The graph and all graphs in it, in an order that does not depend on what `edit` does.
void each_graph(GraphProto& graph, const std::function<void(GraphProto&)>& edit) {
  edit(graph);
  for (NodeProto& node : *graph.mutable_node())
    for (auto& attribute : *node.mutable_attribute())
      if (attribute.has_g()) each_graph(*attribute.mutable_g(), edit);
}

template <typename Part>
using Change = std::function<std::string(Part&, GraphProto&)>;

// `parts` gives the repeated field of a graph.
template <typename Part, typename Parts>
void each(const ModelProto& good, const TakeModel& take, Parts&& parts, const Change<Part>& change) {
  bool found = true;
  for (int wanted = 0; found; ++wanted) {
    ModelProto model = good;
    int at = 0;
    std::string what;
    found = false;
    each_graph(*model.mutable_graph(), [&](GraphProto& graph) {
      auto* all = parts(graph);
      const int index = wanted - at;
      at += all->size();
      if (found || index < 0 || index >= all->size()) return;
      found = true;
      what = change(*all->Mutable(index), graph);
    });
    if (!what.empty()) take(what, model);
  }
}

}  // namespace

void each_node(const ModelProto& good, const TakeModel& take, const Change<NodeProto>& change) {
  each<NodeProto>(
      good, take, [](GraphProto& graph) { return graph.mutable_node(); },
      [&](NodeProto& node, GraphProto& graph) {
        const std::string name = node.name(), what = change(node, graph);
        return what.empty() ? what : fmt::format("{}: {}", name, what);
      });
}

void each_initializer(const ModelProto& good, const TakeModel& take, const Change<onnx::TensorProto>& change) {
  each<onnx::TensorProto>(
      good, take, [](GraphProto& graph) { return graph.mutable_initializer(); },
      [&](onnx::TensorProto& tensor, GraphProto& graph) {
        const std::string name = tensor.name();
        return fmt::format("{}: {}", name, change(tensor, graph));
      });
}

void each_graph_input(const ModelProto& good, const TakeModel& take, const Change<onnx::ValueInfoProto>& change) {
  each<onnx::ValueInfoProto>(
      good, take, [](GraphProto& graph) { return graph.mutable_input(); }, change);
}

void each_graph_output(const ModelProto& good, const TakeModel& take, const Change<onnx::ValueInfoProto>& change) {
  each<onnx::ValueInfoProto>(
      good, take, [](GraphProto& graph) { return graph.mutable_output(); }, change);
}

void each_input(const ModelProto& good, const TakeModel& take,
                const std::function<std::string(onnx::TypeProto::Tensor&)>& change) {
  for (int i = 0; i < good.graph().input_size(); ++i) {
    ModelProto model = good;
    auto& input = *model.mutable_graph()->mutable_input(i);
    const std::string what = change(*input.mutable_type()->mutable_tensor_type());
    if (!what.empty()) take(fmt::format("input '{}': {}", input.name(), what), model);
  }
}

}  // namespace tn::test
