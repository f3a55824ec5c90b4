// SPDX-License-Identifier: Apache-2.0
#include "tuning/fold_norms.h"

#include <algorithm>

#include "base/error.h"
#include "ops/matmul/matmul.h"
#include "ops/matmul/normalized_matmul.h"
#include "ops/norm/norm.h"
#include "ops/rules.h"
#include "tuning/tuner.h"

namespace tn {
namespace {

/// A normalization and the products that read its result, each once.
struct Fold {
  NodeId norm;
  std::vector<NodeId> products;
};

Region region_at(const Graph& graph, NodeId id) {
  auto region = region_of(graph, graph.node(id));
  internal_check(region.has_value(), "{} is no region", describe(graph.node(id)));
  return *std::move(region);
}

// Over the last axis, with parameters for each of its elements, in the type of what it reads.
bool is_row_norm(const Graph& graph, const Region& region) {
  const auto* norm = dynamic_cast<const ops::LayerNormalization*>(region.anchor);
  if (!norm || !region.expressions.empty() || graph.is_output(region.node->outputs[0])) return false;
  const TensorType& x = region.input_type(region.anchor_inputs[0]);
  if (ops::normalize_axis(norm->axis, x.rank()) + 1 != x.rank() || !(x == region.output_type(0))) return false;
  const auto parameters = std::span(region.anchor_inputs).subspan(1);
  return std::ranges::all_of(parameters, [&](int index) {
    return !region.has_input(index) ||
           (region.input(index).constant && region.input_type(index).dims == Dims{x.dims.back()});
  });
}

// Whether the region is a product of rows with constant columns that reads its input `index` as nothing but those rows.
bool takes_rows(const Region& region, TensorId rows) {
  const auto* product = dynamic_cast<const ops::MatMul*>(region.anchor);
  if (!product || product->transpose_a || region.node->inputs[static_cast<size_t>(region.anchor_inputs[0])] != rows)
    return false;
  const Tensor& b = region.input(region.anchor_inputs[1]);
  return b.constant && b.type.rank() == 2 && std::ranges::count(region.node->inputs, rows) == 1 &&
         std::ranges::find(region.expression_inputs, region.anchor_inputs[0]) == region.expression_inputs.end();
}

/// The product's node reads what the normalization reads.
void fold_into(Graph& graph, const Region& norm, NodeId id) {
  const Region region = region_at(graph, id);
  const auto op =
      std::make_shared<ops::NormalizedMatMul>(dynamic_cast<const ops::MatMul&>(*region.anchor).transpose_b,
                                              dynamic_cast<const ops::LayerNormalization&>(*norm.anchor).epsilon);
  const auto outer = [&](int index) { return norm.node->inputs[static_cast<size_t>(index)]; };
  Node& node = graph.edit_node(id);
  node.inputs[static_cast<size_t>(region.anchor_inputs[0])] = outer(norm.anchor_inputs[0]);
  std::vector<TensorId> parameters;
  for (const int index : std::span(norm.anchor_inputs).subspan(1))
    if (norm.has_input(index)) parameters.push_back(outer(index));
  node.inputs.insert(node.inputs.end(), parameters.begin(), parameters.end());
  if (node.op.get() == region.anchor) {
    node.op = op;
    return;
  }
  Graph& body = node.bodies[0];
  std::vector<TensorId> inside;
  for (const TensorId parameter : parameters)
    inside.push_back(body.add_input(graph.tensor(parameter).name, graph.tensor(parameter).type));
  for (const NodeId inner : body.order()) {
    Node& part = body.edit_node(inner);
    if (part.op.get() != region.anchor) continue;
    part.op = op;
    part.inputs.insert(part.inputs.end(), inside.begin(), inside.end());
  }
}

// Whether the product computes in the type of the normalization's parameters.
bool shares_type(const Region& norm, const Region& product) {
  const DataType type = product.anchor_results[0].type;
  return std::ranges::all_of(std::span(norm.anchor_inputs).subspan(1),
                             [&](int index) { return !norm.has_input(index) || norm.input_type(index).type == type; });
}

std::vector<Fold> find_folds(const Graph& graph) {
  std::vector<Fold> folds;
  const auto consumers = graph.all_consumers();
  for (const NodeId id : graph.order()) {
    const auto norm = region_of(graph, graph.node(id));
    if (!norm || !is_row_norm(graph, *norm)) continue;
    const TensorId rows = graph.node(id).outputs[0];
    const auto& readers = consumers[static_cast<size_t>(rows)];
    const bool all = std::ranges::all_of(readers, [&](NodeId reader) {
      const auto region = region_of(graph, graph.node(reader));
      return region && takes_rows(*region, rows) && shares_type(*norm, *region);
    });
    if (all && !readers.empty()) folds.push_back({id, readers});
  }
  return folds;
}

/// What a fold costs: the normalization, the products behind it, and these with it.
struct Weighed {
  double norm = 0, products = 0, folded = 0;
  bool gains() const { return folded < norm + products; }
};

}  // namespace

std::string fold_norms(Graph& graph, const Backend& backend, const Target& target, RegionCosts& costs) {
  std::vector<Fold> folds = find_folds(graph);
  Graph folded = graph;
  for (const Fold& fold : folds)
    for (const NodeId product : fold.products) fold_into(folded, region_at(graph, fold.norm), product);
  std::erase_if(folds, [&](const Fold& fold) {
    return !std::ranges::all_of(
        fold.products, [&](NodeId product) { return has_kernel(backend, target, region_at(folded, product)); });
  });
  for (const Fold& fold : folds) {
    costs.expect_cost(region_at(graph, fold.norm));
    for (const NodeId product : fold.products) {
      costs.expect_cost(region_at(graph, product));
      costs.expect_cost(region_at(folded, product));
    }
  }
  std::string text;
  for (const Fold& fold : folds) {
    Weighed weighed{costs.microseconds(region_at(graph, fold.norm))};
    for (const NodeId product : fold.products) {
      weighed.products += costs.microseconds(region_at(graph, product));
      weighed.folded += costs.microseconds(region_at(folded, product));
    }
    text += fmt::format("{}: {:.1f} us and {:.1f} us of the products behind it, {:.1f} us within them; {}\n",
                        graph.node(fold.norm).name, weighed.norm, weighed.products, weighed.folded,
                        weighed.gains() ? "folded" : "left");
    if (!weighed.gains()) continue;
    for (const NodeId product : fold.products) fold_into(graph, region_at(graph, fold.norm), product);
    graph.remove_node(fold.norm);
  }
  if (text.empty()) return text;
  graph.compact();
  verify(graph);
  return "layer normalizations and products:\n" + text;
}

}  // namespace tn
