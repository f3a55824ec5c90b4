// SPDX-License-Identifier: Apache-2.0
// Softmax, layer and RMS normalization written out in primitives.
#include <algorithm>

#include "passes/match.h"
#include "passes/pipeline.h"

namespace tn::passes {
namespace {

// A reduction that keeps its axes, which are the last ones from `axis` on.
struct Reduction {
  TensorId of;
  int64_t axis;
  bool single;
};

std::optional<Reduction> reduction(const Graph& graph, TensorId id, std::string_view mode) {
  const Node* node = id == kNone ? nullptr : made_by(graph, id, "Reduce");
  if (!node || attribute<std::string>(*node->op, "mode") != mode || !attribute<bool>(*node->op, "keepdims"))
    return std::nullopt;
  const int rank = type_of(graph, node->inputs[0]).rank();
  auto axes = attribute<std::vector<int64_t>>(*node->op, "axes");
  if (axes.empty()) return std::nullopt;
  for (int64_t& axis : axes) axis += axis < 0 ? rank : 0;
  std::sort(axes.begin(), axes.end());
  for (size_t i = 0; i < axes.size(); ++i) {
    if (axes[i] != axes[0] + static_cast<int64_t>(i)) return std::nullopt;
  }
  return Reduction{node->inputs[0], axes[0], axes.size() == 1};
}

bool reaches_the_end(const Graph& graph, const Reduction& reduction, size_t axes) {
  return static_cast<size_t>(reduction.axis) + axes == type_of(graph, reduction.of).dims.size();
}

// The tensor that a square is the square of.
TensorId square_root(const Graph& graph, TensorId id) {
  const Node* power = made_by(graph, id, "Pow");
  if (power && is_splat(graph, power->inputs[1], 2)) return power->inputs[0];
  const Node* product = made_by(graph, id, "Mul");
  return product && product->inputs[0] == product->inputs[1] ? product->inputs[0] : kNone;
}

struct Deviation {
  TensorId of;
  int64_t axis;
  double epsilon;
};

// sqrt(mean of squares + epsilon) over the last axes.
std::optional<Deviation> deviation(const Graph& graph, TensorId id) {
  const Node* root = id == kNone ? nullptr : made_by(graph, id, "Sqrt");
  const Node* sum = root ? made_by(graph, root->inputs[0], "Add") : nullptr;
  for (size_t i = 0; sum && i < 2; ++i) {
    const auto epsilon = splat(graph, sum->inputs[i]);
    const auto mean = epsilon ? reduction(graph, sum->inputs[1 - i], "Mean") : std::nullopt;
    if (!mean) continue;
    const Node* reduce = graph.producer(sum->inputs[1 - i]);
    const size_t axes = attribute<std::vector<int64_t>>(*reduce->op, "axes").size();
    const TensorId of = square_root(graph, mean->of);
    if (of != kNone && reaches_the_end(graph, *mean, axes)) return Deviation{of, mean->axis, *epsilon};
  }
  return std::nullopt;
}

// x of x - mean(x) over the axes from `axis` on; kNone if it is not that.
TensorId centered(const Graph& graph, TensorId id, int64_t axis) {
  const Node* difference = made_by(graph, id, "Sub");
  if (!difference) return kNone;
  const auto mean = reduction(graph, difference->inputs[1], "Mean");
  return mean && mean->of == difference->inputs[0] && mean->axis == axis ? mean->of : kNone;
}

// Goes over a product or sum with a tensor of the normalized axes' extents; returns that tensor or kNone.
TensorId step_over(const Graph& graph, const Uses& uses, TensorId& at, std::string_view op, const Dims& tail) {
  const NodeId reader = uses.only_reader(at);
  if (reader == kNone || !is_op(graph.node(reader), op)) return kNone;
  const TensorId operand = other_input(graph.node(reader), at);
  if (type_of(graph, operand).dims != tail) return kNone;
  at = graph.node(reader).outputs[0];
  return operand;
}

std::optional<Patch> normalization(Graph& graph, const Uses& uses, NodeId id) {
  const Node& node = graph.node(id);
  std::optional<Deviation> found;
  if (is_op(node, "Div")) {
    found = deviation(graph, node.inputs[1]);
    if (found && node.inputs[0] != found->of) found.reset();
  } else if (is_op(node, "Mul")) {
    for (size_t i = 0; i < 2 && !found; ++i) {
      const Node* inverse = made_by(graph, node.inputs[i], "Reciprocal");
      if (!inverse) {
        inverse = made_by(graph, node.inputs[i], "Div");
        if (!inverse || splat(graph, inverse->inputs[0]) != 1.0) continue;
      }
      found = deviation(graph, inverse->inputs.back());
      if (found && node.inputs[1 - i] != found->of) found.reset();
    }
  }
  if (!found) return std::nullopt;
  const TensorType type = type_of(graph, node.outputs[0]);
  const Dims tail(type.dims.begin() + found->axis, type.dims.end());
  const auto static_tail = TensorType{type.type, tail}.static_shape();
  if (!static_tail || !is_float(type.type)) return std::nullopt;
  const TensorId source = centered(graph, found->of, found->axis);
  const std::string name = node.name;
  TensorId output = node.outputs[0];
  TensorId scale = step_over(graph, uses, output, "Mul", tail), bias = kNone;
  if (source != kNone && scale != kNone) bias = step_over(graph, uses, output, "Add", tail);
  Patch patch(graph);
  if (scale == kNone)
    scale = patch.constant(name + "/one", Constant::make(type.type, *static_tail, [](const TensorView& view) {
                             for (int64_t i = 0; i < view.elements(); ++i) store_double(view, i, 1);
                           }));
  const FieldMap attributes = {{"axis", found->axis - type.rank()}, {"epsilon", found->epsilon}};
  const TensorId by = source != kNone
                          ? patch.add(name, make_op("LayerNormalization", attributes), {source, scale, bias})
                          : patch.add(name, make_op("RMSNormalization", attributes), {found->of, scale});
  if (!(type_of(graph, by) == type_of(graph, output))) return std::nullopt;
  patch.replace(output, by);
  return patch;
}

// exp(x - max x) / sum of it along one axis.
std::optional<Patch> softmax(Graph& graph, const Uses&, NodeId id) {
  const Node& node = graph.node(id);
  if (!is_op(node, "Div")) return std::nullopt;
  const auto sum = reduction(graph, node.inputs[1], "Sum");
  const Node* exponential = sum && sum->single && sum->of == node.inputs[0] ? made_by(graph, sum->of, "Exp") : nullptr;
  if (!exponential) return std::nullopt;
  TensorId x = exponential->inputs[0];
  if (const Node* shifted = made_by(graph, x, "Sub")) {
    const auto maximum = reduction(graph, shifted->inputs[1], "Max");
    if (maximum && maximum->single && maximum->axis == sum->axis && maximum->of == shifted->inputs[0]) x = maximum->of;
  }
  const TensorId output = node.outputs[0];
  const std::string name = node.name;
  const int64_t axis = sum->axis - type_of(graph, x).rank();
  Patch patch(graph);
  patch.replace(output, patch.add(name, make_op("Softmax", {{"axis", axis}}), {x}));
  return patch;
}

constexpr Rule kRules[] = {normalization, softmax};

}  // namespace

extern const Pass recognize_norms = {"recognize_norms", kRules};

}  // namespace tn::passes
