// SPDX-License-Identifier: Apache-2.0
#include "tuning/retype.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "base/half.h"
#include "ops/control/region.h"
#include "ops/definition.h"
#include "ops/entry.h"

namespace tn {
namespace {

// Operators that only move elements (or look at extents), whatever their type.
constexpr std::array<std::string_view, 13> kMoving = {"Concat",  "Expand",    "Flatten",  "Gather", "Identity",
                                                      "Reshape", "Shape",     "Size",     "Slice",  "Split",
                                                      "Squeeze", "Transpose", "Unsqueeze"};
// Computing operators whose type rule looks at constants, which a body would hide.
constexpr std::array<std::string_view, 1> kInPlace = {"Resize"};

bool is_free(const Tensor& tensor) {
  return tensor.type.type == DataType::F32 && !tensor.constant && !tensor.value;
}

bool has_unknown_extent(const Graph& graph, const Node& node) {
  return std::ranges::any_of(node.outputs, [&](TensorId id) {
    return std::ranges::any_of(graph.tensor(id).type.dims, [](const Dim& dim) {
      return std::ranges::any_of(dim.symbols(), [](const std::string& symbol) { return symbol.starts_with('?'); });
    });
  });
}

bool fits(const Constant& constant, double most) {
  if (constant.type() != DataType::F32) return true;
  const auto* values = constant.view().as<const float>();
  return std::all_of(values, values + constant.elements(),
                     [&](float x) { return !std::isfinite(x) || std::fabs(static_cast<double>(x)) <= most; });
}

bool constants_fit(const Graph& graph, const Node& node, double most) {
  for (const TensorId id : node.inputs) {
    if (id != kNone && graph.tensor(id).constant && !fits(*graph.tensor(id).constant, most)) return false;
  }
  return std::ranges::all_of(node.bodies, [&](const Graph& body) {
    return std::ranges::all_of(body.order(), [&](NodeId id) { return constants_fit(body, body.node(id), most); });
  });
}

bool any_narrow(const Retyping& rule, const Storage& storage) {
  const auto narrow = [](const std::vector<size_t>& free, const std::vector<DataType>& types) {
    return std::ranges::any_of(free, [&](size_t i) { return types[i] != DataType::F32; });
  };
  return narrow(rule.inputs, storage.inputs) || narrow(rule.outputs, storage.outputs);
}

bool contains(const std::vector<size_t>& list, size_t i) {
  return std::ranges::find(list, i) != list.end();
}

// Adds the node, or the nodes of a region's body, to another graph.
std::vector<TensorId> add_content(const Node& node, const std::vector<TensorId>& inputs, Graph& to) {
  if (node.op->name() != ops::Region::kName) return to.add_node(node.name, node.op, inputs, node.bodies);
  const Graph& body = node.bodies[0];
  std::map<TensorId, TensorId> made;
  for (size_t i = 0; i < inputs.size(); ++i) made[body.inputs()[i]] = inputs[i];
  const auto map = [&](TensorId id) {
    if (id == kNone) return kNone;
    if (const auto found = made.find(id); found != made.end()) return found->second;
    return made[id] = to.add_constant(body.tensor(id).name, body.tensor(id).constant);
  };
  for (const NodeId id : body.order()) {
    const Node& inner = body.node(id);
    std::vector<TensorId> operands;
    for (const TensorId input : inner.inputs) operands.push_back(map(input));
    const auto outputs = to.add_node(inner.name, inner.op, operands, inner.bodies);
    for (size_t i = 0; i < outputs.size(); ++i) made[inner.outputs[i]] = outputs[i];
  }
  std::vector<TensorId> outputs;
  for (const TensorId id : body.outputs()) outputs.push_back(map(id));
  return outputs;
}

}  // namespace

OpPtr cast_op(DataType to) {
  auto op = ops::make_op_by_name("Cast");
  op->set_attributes({{"to", std::string(name_of(to))}});
  return op;
}

ConstantPtr convert(const Constant& constant, DataType type) {
  const TensorView from = constant.view();
  return Constant::make(type, constant.dims(), [&](const TensorView& to) {
    for (int64_t i = 0; i < constant.elements(); ++i) store_double(to, i, load_double(from, i));
  });
}

bool constants_fit(const Graph& graph, const Node& node, DataType type) {
  constexpr double kRoom = 2.25;
  const double most = type == DataType::F16 ? 65504.0 : 3.3895313892515355e38;
  return constants_fit(graph, node, most / kRoom);
}

Retyping retyping_of(const Graph& graph, const Node& node) {
  Retyping rule;
  const std::string_view name = node.op->name();
  rule.moves = std::ranges::find(kMoving, name) != kMoving.end();
  rule.in_place = rule.moves || std::ranges::find(kInPlace, name) != kInPlace.end();
  rule.fixed = has_unknown_extent(graph, node) || (!node.bodies.empty() && name != ops::Region::kName);
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    if (node.inputs[i] == kNone) continue;
    const bool data = !rule.in_place || i == 0 || name == "Concat";
    const Tensor& tensor = graph.tensor(node.inputs[i]);
    if (is_free(tensor) && data) rule.inputs.push_back(i);
    if (rule.in_place && data && tensor.type.type == DataType::F32 && tensor.constant) rule.constants.push_back(i);
    // What only counts extents keeps its known value, which narrow types might round.
    if (rule.in_place && data && tensor.value) rule.fixed = true;
  }
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    const Tensor& tensor = graph.tensor(node.outputs[i]);
    if (is_free(tensor))
      rule.outputs.push_back(i);
    else if (rule.in_place && tensor.type.type == DataType::F32)
      rule.fixed = true;
  }
  return rule;
}

Retyped retype(const Graph& graph, const Node& node, const Retyping& rule, const Storage& storage) {
  Retyped result{node.op, {}, node.bodies};
  if (rule.in_place || !any_narrow(rule, storage)) {
    for (size_t i = 0; i < node.inputs.size(); ++i) result.inputs.push_back(i);
    return result;
  }
  Graph body;
  body.name = "body";
  std::vector<TensorId> inside(node.inputs.size(), kNone);
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    if (node.inputs[i] == kNone) continue;
    const Tensor& tensor = graph.tensor(node.inputs[i]);
    result.inputs.push_back(i);
    const bool converted = contains(rule.inputs, i) && storage.inputs[i] != DataType::F32;
    inside[i] = body.add_input(tensor.name, {converted ? storage.inputs[i] : tensor.type.type, tensor.type.dims});
    body.edit_tensor(inside[i]).value = tensor.value;
    if (converted) inside[i] = body.add(tensor.name + " (f32)", cast_op(DataType::F32), {inside[i]});
  }
  std::vector<TensorId> outputs = add_content(node, inside, body);
  for (const size_t i : rule.outputs) {
    if (storage.outputs[i] == DataType::F32) continue;
    outputs[i] = body.add(fmt::format("{} ({})", body.tensor(outputs[i]).name, name_of(storage.outputs[i])),
                          cast_op(storage.outputs[i]), {outputs[i]});
  }
  body.set_outputs(std::move(outputs));
  if (node.op->name() != ops::Region::kName) result.op = std::make_shared<ops::Region>(std::string(node.op->name()));
  result.bodies.clear();
  result.bodies.push_back(std::move(body));
  return result;
}

Graph isolate(const Graph& graph, const Node& node, const Retyping& rule, const Storage& storage) {
  Retyped retyped = retype(graph, node, rule, storage);
  Graph alone;
  std::map<std::pair<TensorId, DataType>, TensorId> made;
  std::vector<TensorId> inputs;
  for (const size_t i : retyped.inputs) {
    const TensorId id = node.inputs[i];
    if (id == kNone) {
      inputs.push_back(kNone);
      continue;
    }
    const Tensor& tensor = graph.tensor(id);
    const DataType type = contains(rule.inputs, i) ? storage.inputs[i] : tensor.type.type;
    TensorId& fresh = made.try_emplace({id, type}, kNone).first->second;
    if (fresh == kNone && tensor.constant) {
      fresh = alone.add_constant(tensor.name, tensor.constant);
    } else if (fresh == kNone) {
      fresh = alone.add_input(tensor.name, {type, tensor.type.dims});
      alone.edit_tensor(fresh).value = tensor.value;
    }
    inputs.push_back(fresh);
  }
  alone.set_outputs(alone.add_node(node.name, retyped.op, std::move(inputs), std::move(retyped.bodies)));
  return alone;
}

std::optional<Region> only_region(const Graph& graph) {
  return region_of(graph, graph.node(graph.order()[0]));
}

}  // namespace tn
