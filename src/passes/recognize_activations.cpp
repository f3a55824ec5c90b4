// SPDX-License-Identifier: Apache-2.0
// GELU, SiLU and HardSwish written out in primitives.
#include <algorithm>
#include <cmath>

#include "passes/match.h"
#include "passes/pipeline.h"

namespace tn::passes {
namespace {

constexpr double kTolerance = 1e-3;  // constants of half precision models are rounded

bool near(double value, double wanted) {
  return std::fabs(value - wanted) <= kTolerance * std::fabs(wanted);
}

// A product as a number times tensors.
struct Product {
  double scale = 1;
  std::vector<TensorId> factors;
};

void multiply(const Graph& graph, TensorId id, int depth, Product& product) {
  const Node* node = graph.producer(id);
  const bool mul = node && is_op(*node, "Mul"), div = node && is_op(*node, "Div") && splat(graph, node->inputs[1]);
  if (depth > 4 || (!mul && !div)) {
    product.factors.push_back(id);
    return;
  }
  for (size_t i = 0; i < 2; ++i) {
    const auto number = splat(graph, node->inputs[i]);
    if (!number)
      multiply(graph, node->inputs[i], depth + 1, product);
    else
      product.scale *= div && i == 1 ? 1 / *number : *number;
  }
}

Product product_of(const Graph& graph, TensorId id) {
  Product product;
  multiply(graph, id, 0, product);
  return product;
}

// The other summand of sum = number + tensor; kNone if it is not.
TensorId plus(const Graph& graph, TensorId sum, double number) {
  const Node* add = sum == kNone ? nullptr : made_by(graph, sum, "Add");
  for (size_t i = 0; add && i < 2; ++i) {
    if (is_splat(graph, add->inputs[i], number, kTolerance)) return add->inputs[1 - i];
  }
  return kNone;
}

TensorId operand(const Graph& graph, TensorId id, std::string_view op) {
  const Node* node = id == kNone ? nullptr : made_by(graph, id, op);
  return node ? node->inputs[0] : kNone;
}

// scale · x, with x given.
std::optional<double> multiple_of(const Graph& graph, TensorId id, TensorId x) {
  if (id == x) return 1.0;
  if (id == kNone) return std::nullopt;
  const Product product = product_of(graph, id);
  return product.factors == std::vector{x} ? std::optional(product.scale) : std::nullopt;
}

bool is_cube(const Graph& graph, const std::vector<TensorId>& factors, TensorId x) {
  if (factors.size() == 1) {
    const Node* power = made_by(graph, factors[0], "Pow");
    return power && power->inputs[0] == x && is_splat(graph, power->inputs[1], 3);
  }
  if (factors.size() == 2) {
    for (size_t i = 0; i < 2; ++i) {
      const Node* power = made_by(graph, factors[i], "Pow");
      if (power && power->inputs[0] == x && is_splat(graph, power->inputs[1], 2) && factors[1 - i] == x) return true;
    }
  }
  return factors.size() == 3 && std::ranges::all_of(factors, [&](TensorId factor) { return factor == x; });
}

// sqrt(2/pi) · (x + 0.044715 · x³)
bool is_tanh_argument(const Graph& graph, TensorId id, TensorId x) {
  if (id == kNone) return false;
  const Product outer = product_of(graph, id);
  if (outer.factors.size() != 1 || !near(outer.scale, 0.7978845608)) return false;
  const Node* add = made_by(graph, outer.factors[0], "Add");
  for (size_t i = 0; add && i < 2; ++i) {
    if (add->inputs[i] != x) continue;
    const Product cube = product_of(graph, add->inputs[1 - i]);
    if (near(cube.scale, 0.044715) && is_cube(graph, cube.factors, x)) return true;
  }
  return false;
}

// The operator that x · gate · scale is.
OpPtr activation(const Graph& graph, TensorId x, TensorId gate, double scale) {
  if (near(scale, 0.5)) {
    const TensorId inner = plus(graph, gate, 1);
    if (const auto erf = multiple_of(graph, operand(graph, inner, "Erf"), x); erf && near(*erf, 0.7071067812))
      return make_op("Gelu");
    if (is_tanh_argument(graph, operand(graph, inner, "Tanh"), x)) return make_op("Gelu", {{"approximate", "tanh"}});
  }
  if (near(scale, 1)) {
    if (const auto alpha = multiple_of(graph, operand(graph, gate, "Sigmoid"), x))
      return make_op("Silu", {{"alpha", *alpha}});
    if (const Node* node = made_by(graph, gate, "HardSigmoid"); node && node->inputs[0] == x &&
                                                                near(attribute<double>(*node->op, "alpha"), 1.0 / 6) &&
                                                                near(attribute<double>(*node->op, "beta"), 0.5))
      return make_op("HardSwish");
  }
  if (near(scale, 1.0 / 6)) {
    const Node* clip = made_by(graph, gate, "Clip");
    if (clip && plus(graph, clip->inputs[0], 3) == x && splat(graph, clip->inputs[1]) == 0.0 &&
        splat(graph, clip->inputs[2]) == 6.0)
      return make_op("HardSwish");
  }
  return nullptr;
}

std::optional<Patch> recognize(Graph& graph, const Uses&, NodeId id) {
  const Node& node = graph.node(id);
  if (!is_op(node, "Mul") && !is_op(node, "Div")) return std::nullopt;
  const TensorId output = node.outputs[0];
  const Product product = product_of(graph, output);
  if (product.factors.size() != 2) return std::nullopt;
  for (size_t i = 0; i < 2; ++i) {
    const TensorId x = product.factors[i];
    if (!(type_of(graph, x) == type_of(graph, output)) || !is_float(type_of(graph, x).type)) continue;
    const OpPtr op = activation(graph, x, product.factors[1 - i], product.scale);
    if (!op) continue;
    const std::string name = node.name;
    Patch patch(graph);
    patch.replace(output, patch.add(name, op, {x}));
    return patch;
  }
  return std::nullopt;
}

constexpr Rule kRules[] = {recognize};

}  // namespace

extern const Pass recognize_activations = {"recognize_activations", kRules};

}  // namespace tn::passes
