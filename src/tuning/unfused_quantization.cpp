// SPDX-License-Identifier: Apache-2.0
#include "tuning/unfused_quantization.h"

#include <algorithm>

#include "ops/quant/roles.h"
#include "tuning/integer_groups.h"
#include "tuning/tuner.h"

namespace tn {
namespace {

std::string reasons(const Region& region, const Backend& backend, const Target& target) {
  std::string text;
  for (const Tactic* tactic : backend.tactics) {
    if (!tactic->takes_quantized()) continue;
    const Support support = tactic->supports(region, target);
    if (!support && !support.reason.empty())
      text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", tactic->name(), support.reason);
  }
  return text.empty() ? fmt::format("nothing on {} computes {} with integers", backend.name, region.anchor->name())
                      : text;
}

std::string described(const Graph& graph, const Node* node) {
  if (!node) return "the network";
  const auto region = region_of(graph, *node);
  return fmt::format("'{}' ({})", node->name, region ? region->operators() : node->op->name());
}

}  // namespace

std::string regions_not_quantized(const Graph& graph, const Backend& backend, const Target& target) {
  std::string text;
  for (const NodeId id : graph.order()) {
    const auto region = region_of(graph, graph.node(id));
    if (!region || !region->loads_quantized() || is_supported(backend, target, *region)) continue;
    text += fmt::format("quantization: layer '{}' ({}) is not computed with integers as a whole: {}\n",
                        graph.node(id).name, region->operators(), reasons(*region, backend, target));
  }
  return text;
}

std::string lone_quantization(const Graph& graph) {
  std::string text;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if (!ops::is_quantization(node)) continue;
    std::string readers;
    for (const NodeId reader : graph.consumers(node.outputs[0]))
      readers += (readers.empty() ? "" : ", ") + described(graph, &graph.node(reader));
    text += fmt::format("quantization: {} '{}' is a layer of its own, between {} and {}\n", node.op->name(), node.name,
                        described(graph, graph.producer(node.inputs[0])),
                        readers.empty() ? "an output of the network" : readers);
  }
  return text;
}

std::string why_not_integers(const Graph& graph, const std::string& name, const Backend& backend,
                             const Target& target) {
  for (const NodeId id : graph.order()) {
    const auto names = operators_in(graph.node(id));
    if (std::ranges::find(names, name) == names.end()) continue;
    const auto region = region_of(graph, graph.node(id));
    if (!region || !region->loads_quantized()) return "its operands are not quantized";
    return reasons(*region, backend, target);
  }
  return "it is no layer of the network any more";
}

}  // namespace tn
