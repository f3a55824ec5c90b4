// SPDX-License-Identifier: Apache-2.0
#include "builder/choose_types.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <span>

#include "base/error.h"
#include "passes/pass_runner.h"
#include "passes/pipeline.h"
#include "tuning/hold_types.h"

namespace tn {
namespace {

bool holds(const Precisions& precisions, DataType type) {
  return std::ranges::any_of(precisions.all(),
                             [&](const auto& entry) { return entry.second.type == type && !entry.second.written_out; });
}

// The type that more can be saved with, if any.
std::string assign_by_choice(const TypedNetwork& network, const std::vector<DataType>& types, RegionCosts& costs,
                             const std::function<void()>& node_done) {
  TypeAssignment best;
  std::string text;
  for (const DataType type : types) {
    TypeAssignment assignment = assign_types(network.graph, network.backend, network.target, type, costs, node_done,
                                             {&network.precisions, true});
    text += fmt::format("types: {:.1f} us in f32, {:.1f} us with {}\n{}", assignment.f32_cost, assignment.cost,
                        name_of(type), assignment.explanation);
    if (assignment.saving() > best.saving()) best = std::move(assignment);
  }
  apply_types(network.graph, best);
  return text;
}

std::string assign_held(const TypedNetwork& network, DataType type, bool others, RegionCosts& costs,
                        const std::function<void()>& node_done) {
  const TypeAssignment assignment = assign_types(network.graph, network.backend, network.target, type, costs, node_done,
                                                 {&network.precisions, others});
  apply_types(network.graph, assignment);
  return fmt::format("types with layers held to {}: {:.1f} us in f32, {:.1f} us as assigned\n{}", name_of(type),
                     assignment.f32_cost, assignment.cost, assignment.explanation);
}

// Conversions that were added around nodes are gathered with one another.
void gather_conversions(const TypedNetwork& network, const BuilderConfig& config) {
  if (!config.disabled_passes.contains(passes::fuse_pointwise.name))
    passes::run_passes(network.graph, std::span(&passes::fuse_pointwise, 1),
                       {.precisions = &network.precisions, .failure_folder = {}});
  network.precisions.compact(network.graph);
}

bool is_conversion(const Node& node) {
  if (node.op->name() == "Cast") return true;
  return node.op->name() == "Region" && std::ranges::all_of(node.bodies[0].order(), [&](NodeId id) {
           return node.bodies[0].node(id).op->name() == "Cast";
         });
}

bool takes(const Graph& graph, const Node& node, DataType type) {
  const auto is = [&](TensorId id) {
    return id != kNone && !graph.tensor(id).constant && graph.tensor(id).type.type == type;
  };
  return std::ranges::any_of(node.inputs, is) || std::ranges::any_of(node.outputs, is);
}

// Why a precision means nothing for a node, whatever the backend; empty where it may.
std::string impossible(const Graph& graph, const Node& node, DataType type) {
  if (type == DataType::I8) return "";  // choose_integers() knows
  if (type != DataType::F32 && type != DataType::F16 && type != DataType::BF16)
    return fmt::format("no layer of f32 computes in {}", name_of(type));
  const bool looks_at_extents = node.op->name() == "Shape" || node.op->name() == "Size";
  return looks_at_extents || !takes(graph, node, DataType::F32) ? "it has no operands of f32" : "";
}

std::string operand_types(const Graph& graph, const Node& node) {
  std::string text = "takes";
  for (const TensorId id : node.inputs) {
    if (id != kNone && !graph.tensor(id).constant) text += fmt::format(" {}", name_of(graph.tensor(id).type.type));
  }
  text += ", gives";
  for (const TensorId id : node.outputs) text += fmt::format(" {}", name_of(graph.tensor(id).type.type));
  return text;
}

// A line for each layer of floats: its precision, why, and its operands.
std::string describe_precisions(const TypedNetwork& network, const std::vector<DataType>& allowed) {
  const Graph& graph = network.graph;
  std::string text = "precisions:\n";
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    DataType narrow = DataType::F32;
    for (const DataType type : {DataType::F16, DataType::BF16}) {
      if (takes(graph, node, type)) narrow = type;
    }
    const Precision* const held = network.precisions.find(id);
    const auto region = region_of(graph, node);
    if (region && region->loads_quantized()) {
      text += fmt::format("  {}: i8, as weighed above or said by the network", node.name);
    } else if (held) {
      text += fmt::format("  {}: {}, held to it ({}){}", node.name, name_of(held->type), fmt::join(held->layers, ", "),
                          held->written_out ? "; no kernel takes it: computes in f32 on rounded numbers" : "");
    } else if (is_conversion(node)) {
      text += fmt::format("  {}: conversion", node.name);
    } else if (narrow != DataType::F32 || takes(graph, node, DataType::F32)) {
      const std::string_view why = allowed.empty() ? "no other is allowed" : "measured, or no kernel takes another";
      text += fmt::format("  {}: {}, {}", node.name, name_of(narrow), why);
    } else if (takes(graph, node, DataType::I8) || takes(graph, node, DataType::U8)) {
      text += fmt::format("  {}: integers, as its neighbours", node.name);
    } else {
      continue;
    }
    text += fmt::format("; {}\n", operand_types(graph, node));
  }
  return text;
}

}  // namespace

void tell_unmet(const std::vector<UnmetPrecision>& unmet, const BuilderConfig& config, Logger& logger) {
  if (unmet.empty()) return;
  std::string text;
  for (const auto& [layer, reason] : unmet) text += fmt::format("{}'{}' ({})", text.empty() ? "" : ", ", layer, reason);
  if (config.precision_constraints == PrecisionConstraints::Obey)
    throw Error(ErrorCode::Unsupported, "precision constraints cannot be obeyed by {}", text);
  logger.warning("precision constraints are not followed by {}", text);
}

std::vector<DataType> narrow_types(const BuilderConfig& config) {
  std::vector<DataType> types;
  if (!config.timing && config.backend == BuildBackend::Cpu) return types;
  if (config.fp16) types.push_back(DataType::F16);
  if (config.bf16) types.push_back(DataType::BF16);
  return types;
}

std::vector<DataType> types_to_weigh(const BuilderConfig& config, const Precisions& precisions) {
  std::vector<DataType> types = narrow_types(config);
  if (config.precision_constraints == PrecisionConstraints::None) return types;
  for (const DataType type : {DataType::F16, DataType::BF16}) {
    if (holds(precisions, type) && std::ranges::find(types, type) == types.end()) types.push_back(type);
  }
  return types;
}

Precisions constrain(const Graph& graph, const BuilderConfig& config, Logger& logger) {
  Precisions precisions = config.precisions;
  if (precisions.empty() && config.unmet_precisions.empty() && config.int8_results.empty()) return precisions;
  if (config.precision_constraints == PrecisionConstraints::None) {
    logger.warning("precisions of layers are ignored: they count where constraints are to be preferred or obeyed");
    return {};
  }
  std::vector<UnmetPrecision> unmet = config.unmet_precisions;
  std::map<std::string, std::string> reasons;
  std::set<std::string> met;
  for (const auto& [id, precision] : config.precisions.all()) {
    const Node& node = graph.node(id);
    const std::string reason = impossible(graph, node, precision.type);
    for (const std::string& layer : precision.layers) {
      if (reason.empty() || takes(graph, node, precision.type))
        met.insert(layer);
      else
        reasons.emplace(layer, reason);
    }
    if (!reason.empty()) precisions.release(id);
  }
  for (const auto& [layer, reason] : reasons) {
    if (!met.contains(layer)) unmet.push_back({layer, reason});
  }
  tell_unmet(unmet, config, logger);
  return precisions;
}

std::string choose_types(const TypedNetwork& network, const BuilderConfig& config, Logger& logger, RegionCosts& costs,
                         const std::function<void()>& node_done) {
  if (!network.precisions.empty()) {
    tell_unmet(write_out_precisions(network.graph, network.backend, network.target, network.precisions), config,
               logger);
    gather_conversions(network, config);
  }
  std::vector<DataType> free = narrow_types(config);
  const std::vector<DataType> allowed = free;
  std::string text;
  for (const DataType type : {DataType::F16, DataType::BF16}) {
    if (!holds(network.precisions, type)) continue;
    const bool others = std::erase(free, type) > 0;
    text += assign_held(network, type, others, costs, node_done);
  }
  if (!free.empty()) text += assign_by_choice(network, free, costs, node_done);
  return text + describe_precisions(network, allowed);
}

}  // namespace tn
