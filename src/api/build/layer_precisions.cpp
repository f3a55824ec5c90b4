// SPDX-License-Identifier: Apache-2.0
#include "api/build/layer_precisions.h"

#include <algorithm>
#include <optional>

#include "api/build/network.h"

namespace tn::api {

void LayerPrecisions::apply(std::vector<TensorId>& outputs) {
  for (const auto& layer : lowering_.network().layers()) {
    if (layer->precision || !layer->output_types.empty()) apply(*layer, outputs);
  }
}

void LayerPrecisions::apply(const LayerRecord& layer, std::vector<TensorId>& outputs) {
  const std::vector<NodeId> nodes = lowering_.nodes_of(layer);
  const auto unmet = [&](std::string reason) { unmet_.push_back({layer.name, std::move(reason)}); };
  if (nodes.empty()) return unmet("it is no computation, or inside of a loop or branch");
  std::optional<Precision> held;
  if (layer.precision) held = Precision{*layer.precision, false, false, {layer.name}};
  const std::vector<TensorId> given = lowering_.outputs_of(layer);
  for (const auto& [index, wanted] : layer.output_types) {
    const TensorId id = given[static_cast<size_t>(index)];
    const DataType type = id == kNone ? wanted : lowering_.whole().tensor(id).type.type;
    if (wanted == DataType::I8 && type == DataType::F32) {
      if (held && held->type != DataType::I8) held->gives_f32 = true;
      int8_results_.push_back({id, layer.name});
    } else if (is_float(wanted) != is_float(type)) {
      unmet(fmt::format("its output {} is {}, which is not stored as {}", index, name_of(type), name_of(wanted)));
    } else if (wanted == DataType::F32 && !held) {
      held = Precision{DataType::F32, false, false, {layer.name}};
    } else {
      const bool in_precision = held && held->type == wanted;
      if (held && !in_precision) held->gives_f32 = true;
      if (wanted != type && !in_precision) round(id, wanted, outputs);
    }
  }
  if (!held) return;
  for (const NodeId id : nodes) precisions_.hold(id, *held);
}

void LayerPrecisions::round(TensorId id, DataType type, std::vector<TensorId>& outputs) {
  Graph& graph = lowering_.whole();
  const size_t end = graph.node_count();
  const TensorId back = lowering_.cast(lowering_.cast(id, type), graph.tensor(id).type.type);
  graph.redirect(id, back, end);
  std::ranges::replace(outputs, id, back);
}

}  // namespace tn::api
