// SPDX-License-Identifier: Apache-2.0
#include "builder/integer_borders.h"

#include <algorithm>

#include "base/error.h"
#include "ops/quant/quantize.h"
#include "passes/match.h"

namespace tn {
namespace {

// The scale of a Quantize or Dequantize to or from s8 without a zero point; nothing for others.
std::optional<float> scale_of(const Graph& graph, const Node* node, std::string_view op) {
  if (!node || node->op->name() != op) return std::nullopt;
  const TensorId integers = op == "Quantize" ? node->outputs[0] : node->inputs[0];
  const bool shifted = node->inputs.size() > 2 && passes::splat(graph, node->inputs[2]) != 0.0;
  const ConstantPtr& scale = graph.tensor(node->inputs[1]).constant;
  if (graph.tensor(integers).type.type != DataType::I8 || shifted || !scale || scale->elements() != 1)
    return std::nullopt;
  return static_cast<float>(scale->number(0));
}

std::optional<float> own_scale(const Graph& graph, TensorId id) {
  if (const auto scale = scale_of(graph, graph.producer(id), "Dequantize")) return scale;
  for (const NodeId reader : graph.consumers(id)) {
    if (const auto scale = scale_of(graph, &graph.node(reader), "Quantize")) return scale;
  }
  return std::nullopt;
}

float find_scale(const Graph& graph, TensorId id, const CalibrationConfig& config, const Rounding& rounding) {
  const std::string& name = graph.tensor(id).name;
  const auto range = rounding.plan.find(name);
  std::optional<float> scale = range == rounding.plan.end() ? own_scale(graph, id) : range_of(range->second) / 127;
  // What the user says counts without ranges for the rest, too.
  if (const auto own = config.ranges.find(name); !scale && own != config.ranges.end()) scale = own->second / 127;
  if (!scale) {
    throw Error(ErrorCode::InvalidArgument,
                "'{}' cannot be int8: there is no scale for it; give it a range by calibration, a cache or "
                "setDynamicRange",
                name);
  }
  return *scale;
}

TensorId scale_constant(Graph& graph, const std::string& name, float scale) {
  return graph.add_constant(name + "/border/scale", Constant::scalar(DataType::F32, scale));
}

std::vector<TensorId> f32_named(const Graph& graph, const std::vector<TensorId>& ids,
                                const std::set<std::string>& names) {
  std::vector<TensorId> found;
  std::ranges::copy_if(ids, std::back_inserter(found), [&](TensorId id) {
    return names.contains(graph.tensor(id).name) && graph.tensor(id).type.type == DataType::F32;
  });
  return found;
}

}  // namespace

std::map<std::string, float> quantize_borders(Graph& graph, const CalibrationConfig& config, Rounding& rounding) {
  std::map<std::string, float> scales;
  // What is in floats inside has the border's scale, so that it is rounded once.
  const auto share = [&](TensorId inside, float scale) {
    if (!rounding.plan.empty())
      rounding.plan.insert_or_assign(graph.tensor(inside).name,
                                     quant::QParams{scale, 0, DataType::I8, quant::Source::Inferred});
  };
  for (const TensorId id : f32_named(graph, graph.inputs(), config.borders)) {
    const std::string name = graph.tensor(id).name;
    const float scale = scales[name] = find_scale(graph, id, config, rounding);
    const size_t end = graph.node_count();
    graph.edit_tensor(id).type.type = DataType::I8;
    const TensorId inside =
        graph.add(name + "/f32", std::make_shared<ops::Dequantize>(), {id, scale_constant(graph, name, scale)});
    graph.redirect(id, inside, end);
    share(inside, scale);
  }
  for (const TensorId id : f32_named(graph, graph.outputs(), config.borders)) {
    const std::string name = graph.tensor(id).name;
    const float scale = scales[name] = find_scale(graph, id, config, rounding);
    graph.rename(id, name + "/f32");
    share(id, scale);
    auto quantize = std::make_shared<ops::Quantize>();
    quantize->to = DataType::I8;
    const TensorId border = graph.add(name, std::move(quantize), {id, scale_constant(graph, name, scale)});
    graph.rename(border, name);
    std::vector<TensorId> outputs = graph.outputs();
    std::ranges::replace(outputs, id, border);
    graph.set_outputs(std::move(outputs));
  }
  if (!scales.empty()) verify(graph);
  return scales;
}

}  // namespace tn
