// SPDX-License-Identifier: Apache-2.0
#include "builder/integer_results.h"

#include <algorithm>

#include "ops/quant/quantize.h"

namespace tn {
namespace {

TensorId tensor_named(const Graph& graph, const std::string& name) {
  for (size_t i = 0; i < graph.tensor_count(); ++i) {
    const auto id = static_cast<TensorId>(i);
    if (graph.tensor(id).name == name && graph.producer(id)) return id;
  }
  return kNone;
}

bool is_quantized_already(const Graph& graph, TensorId id) {
  const auto readers = graph.consumers(id);
  return !readers.empty() && std::ranges::all_of(readers, [&](NodeId reader) {
    return graph.node(reader).op->name() == "Quantize" &&
           graph.tensor(graph.node(reader).outputs[0]).type.type == DataType::I8;
  });
}

// Whoever has the tensor, the network as its output included, has it rounded.
void insert_pair(Graph& graph, TensorId id, float scale, Rounding& rounding) {
  const std::string name = graph.tensor(id).name;
  graph.rename(id, name + "/f32");
  const TensorId step = graph.add_constant(name + "/result/scale", Constant::scalar(DataType::F32, scale));
  const size_t end = graph.node_count();
  auto quantize = std::make_shared<ops::Quantize>();
  quantize->to = DataType::I8;
  const TensorId integers = graph.add(name + "/int8", std::move(quantize), {id, step});
  const TensorId rounded = graph.add(name, std::make_shared<ops::Dequantize>(), {integers, step});
  graph.rename(rounded, name);
  graph.redirect(id, rounded, end);
  // Readers that compute with integers take these.
  rounding.plan.insert_or_assign(name, quant::QParams{scale, 0, DataType::I8, quant::Source::Inferred});
}

}  // namespace

size_t keep_results(Graph& graph, const Int8Results& results) {
  std::vector<TensorId> outputs = graph.outputs();
  const size_t count = outputs.size();
  for (const auto& [name, layers] : results) {
    const TensorId id = tensor_named(graph, name);
    if (id != kNone && !graph.is_output(id)) outputs.push_back(id);
  }
  graph.set_outputs(std::move(outputs));
  return count;
}

std::vector<UnmetPrecision> quantize_results(Graph& graph, const Int8Results& results, Rounding& rounding) {
  std::vector<UnmetPrecision> unmet;
  for (const auto& [name, layers] : results) {
    const TensorId id = tensor_named(graph, name);
    const auto range = rounding.plan.find(name);
    if (id != kNone && is_quantized_already(graph, id)) continue;
    if (id != kNone && range != rounding.plan.end()) {
      insert_pair(graph, id, quant::symmetric(range_of(range->second), quant::Source::Inferred).scale, rounding);
      continue;
    }
    const std::string reason =
        id == kNone ? fmt::format("its result '{}' is a constant", name)
        : rounding.none()
            ? "a result of int8 needs a range: allow int8, and give one by calibration, a cache or setDynamicRange"
        : rounding.binding
            ? fmt::format("the network says itself what is rounded, and does not quantize '{}': add a Quantize", name)
            : fmt::format("there is no range for '{}': give it one by calibration, a cache or setDynamicRange", name);
    for (const std::string& layer : layers) unmet.push_back({layer, reason});
  }
  if (!results.empty()) verify(graph);
  return unmet;
}

}  // namespace tn
