// SPDX-License-Identifier: Apache-2.0
#include "tuning/fold_norms.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "ops/control/region.h"
#include "ops/entry.h"
#include "ops/matmul/matmul.h"
#include "ops/matmul/normalized_matmul.h"
#include "ops/norm/norm.h"
#include "ops/rules.h"
#include "tuning/tuner.h"

namespace tn {
namespace {

/// A normalization, the products of its rows, and elementwise readers: of the first product they get what normalizes a
/// row. All regions read its result once.
struct Fold {
  NodeId norm;
  std::vector<NodeId> products, others;
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

// The numbers that a region's expressions take from an input of its body: a conversion to f32, or the input.
TensorId loaded(const Graph& body, TensorId input) {
  const auto readers = body.consumers(input);
  const Node* reader = readers.size() == 1 && !body.is_output(input) ? &body.node(readers[0]) : nullptr;
  const bool widens =
      reader && reader->op->name() == "Cast" && body.tensor(reader->outputs[0]).type.type == DataType::F32;
  return widens ? reader->outputs[0] : input;
}

// The index of the one input of a region that is `rows`, if that is read by expressions only, as f32.
std::optional<size_t> reads_elements(const Region& region, TensorId rows) {
  const auto& inputs = region.node->inputs;
  if (region.node->op->name() != ops::Region::kName || std::ranges::count(inputs, rows) != 1) return std::nullopt;
  const auto at = static_cast<size_t>(std::ranges::find(inputs, rows) - inputs.begin());
  if (std::ranges::find(region.anchor_inputs, static_cast<int>(at)) != region.anchor_inputs.end()) return std::nullopt;
  const Graph& body = region.node->bodies[0];
  const bool wide = body.tensor(loaded(body, body.inputs()[at])).type.type == DataType::F32;
  return wide ? std::optional(at) : std::nullopt;
}

// Whether the product can tell others of its rows: in f32, and made of nothing that those may have made.
bool can_give_rows(const Region& product) {
  if (product.anchor_results[0].type != DataType::F32 || product.node->op.get() == product.anchor) return false;
  for (int i = 0; i < product.inputs(); ++i)
    if (product.has_input(i) && i != product.anchor_inputs[0] && !product.input(i).constant) return false;
  return true;
}

// Whether the reader computes in the type of the normalization's parameters.
bool shares_type(const Region& norm, DataType type) {
  return std::ranges::all_of(std::span(norm.anchor_inputs).subspan(1),
                             [&](int index) { return !norm.has_input(index) || norm.input_type(index).type == type; });
}

std::optional<Fold> find_fold(const Graph& graph, NodeId id) {
  const auto norm = region_of(graph, graph.node(id));
  if (!norm || !is_row_norm(graph, *norm)) return std::nullopt;
  Fold fold{id, {}, {}};
  const TensorId rows = graph.node(id).outputs[0];
  for (const NodeId reader : graph.consumers(rows)) {
    const auto region = region_of(graph, graph.node(reader));
    if (region && takes_rows(*region, rows) && shares_type(*norm, region->anchor_results[0].type))
      fold.products.push_back(reader);
    else if (region && reads_elements(*region, rows) && shares_type(*norm, DataType::F32))
      fold.others.push_back(reader);
    else
      return std::nullopt;
  }
  if (fold.products.empty()) return std::nullopt;
  if (!fold.others.empty() && !can_give_rows(region_at(graph, fold.products[0]))) return std::nullopt;
  return fold;
}

/// Puts what a normalization does into its readers.
class Folding {
 public:
  Folding(Graph& graph, NodeId norm) : graph_(graph), norm_(region_at(graph, norm)), node_(graph.node(norm)) {
    for (size_t i = 1; i < norm_.anchor_inputs.size(); ++i)
      if (norm_.has_input(norm_.anchor_inputs[i])) parameters_.push_back(outer(i));
  }

  /// Returns the node that replaces the product's. If it `gives_rows`, those that are told of next use that.
  NodeId fold_product(NodeId id, bool gives_rows) {
    const Node node = graph_.node(id);
    const Region region = region_at(graph_, id);
    const auto op = std::make_shared<ops::NormalizedMatMul>(
        dynamic_cast<const ops::MatMul&>(*region.anchor).transpose_b,
        dynamic_cast<const ops::LayerNormalization&>(*norm_.anchor).epsilon, gives_rows);
    std::vector<TensorId> inputs = node.inputs;
    inputs[static_cast<size_t>(region.anchor_inputs[0])] = outer(0);
    inputs.insert(inputs.end(), parameters_.begin(), parameters_.end());
    std::vector<Graph> bodies = node.bodies;
    const bool bare = node.op.get() == region.anchor;
    if (!bare) replace_anchor(bodies[0], *region.anchor, op);
    const size_t end = graph_.node_count();
    const auto outputs = graph_.add_node(node.name, bare ? op : node.op, inputs, std::move(bodies));
    for (size_t i = 0; i < node.outputs.size(); ++i) graph_.redirect(node.outputs[i], outputs[i], end);
    graph_.remove_node(id);
    if (gives_rows) of_rows_.assign(outputs.end() - 2, outputs.end());
    return graph_.tensor(outputs[0]).producer;
  }

  void fold_elements(NodeId id) {
    const size_t at = *reads_elements(region_at(graph_, id), node_.outputs[0]);
    Node& node = graph_.edit_node(id);
    Graph& body = node.bodies[0];
    const TensorId x = loaded(body, body.inputs()[at]);
    const size_t end = body.node_count();
    TensorId value = x;
    bool scales = true;
    for (const auto* terms : {&of_rows_, &parameters_}) {
      for (const TensorId term : *terms) {
        const TensorId inside = body.add_input(graph_.tensor(term).name, graph_.tensor(term).type);
        const char* op = std::exchange(scales, !scales) ? "Mul" : "Add";
        value = body.add(node_.name, ops::make_op_by_name(op), {value, inside});
        node.inputs.push_back(term);
      }
    }
    body.redirect(x, value, end);
    node.inputs[at] = outer(0);
  }

 private:
  TensorId outer(size_t operand) const { return node_.inputs[static_cast<size_t>(norm_.anchor_inputs[operand])]; }

  void replace_anchor(Graph& body, const Op& anchor, const std::shared_ptr<ops::NormalizedMatMul>& op) const {
    std::vector<TensorId> inside;
    for (const TensorId parameter : parameters_)
      inside.push_back(body.add_input(graph_.tensor(parameter).name, graph_.tensor(parameter).type));
    const auto order = body.order();
    const NodeId id = *std::ranges::find_if(order, [&](NodeId inner) { return body.node(inner).op.get() == &anchor; });
    const Node part = body.node(id);
    inside.insert(inside.begin(), part.inputs.begin(), part.inputs.end());
    const size_t end = body.node_count();
    const auto made = body.add_node(part.name, op, inside);
    body.redirect(part.outputs[0], made[0], end);
    body.remove_node(id);
    std::vector<TensorId> outputs = body.outputs();
    outputs.insert(outputs.end(), made.begin() + 1, made.end());
    body.set_outputs(std::move(outputs));
  }

  Graph& graph_;
  const Region norm_;
  const Node node_;
  std::vector<TensorId> parameters_;  ///< scale and, if there is one, bias
  std::vector<TensorId> of_rows_;     ///< factors and shifts of rows, where a product gives them
};

// Returns the regions that have taken the normalization in.
std::vector<NodeId> apply(Graph& graph, const Fold& fold) {
  Folding folding(graph, fold.norm);
  std::vector<NodeId> nodes;
  for (const NodeId product : fold.products)
    nodes.push_back(folding.fold_product(product, nodes.empty() && !fold.others.empty()));
  for (const NodeId other : fold.others) {
    folding.fold_elements(other);
    nodes.push_back(other);
  }
  graph.remove_node(fold.norm);
  return nodes;
}

/// A fold that can be made, and the network with it.
struct Trial {
  Fold fold;
  Graph folded;
  std::vector<NodeId> nodes;  ///< of `folded`
};

std::vector<Trial> find_trials(const Graph& graph, const Backend& backend, const Target& target) {
  std::vector<Trial> trials;
  for (const NodeId id : graph.order()) {
    const auto fold = find_fold(graph, id);
    if (!fold) continue;
    Trial trial{*fold, graph, {}};
    trial.nodes = apply(trial.folded, *fold);
    const bool runs = std::ranges::all_of(
        trial.nodes, [&](NodeId node) { return has_kernel(backend, target, region_at(trial.folded, node)); });
    if (runs) trials.push_back(std::move(trial));
  }
  return trials;
}

double cost(const Graph& graph, const std::vector<NodeId>& nodes, RegionCosts& costs) {
  double sum = 0;
  for (const NodeId id : nodes) sum += costs.microseconds(region_at(graph, id));
  return sum;
}

}  // namespace

std::string fold_norms(Graph& graph, const Backend& backend, const Target& target, RegionCosts& costs) {
  const std::vector<Trial> trials = find_trials(graph, backend, target);
  for (const auto& [fold, folded, nodes] : trials) {
    costs.expect_cost(region_at(graph, fold.norm));
    for (const auto* readers : {&fold.products, &fold.others})
      for (const NodeId reader : *readers) costs.expect_cost(region_at(graph, reader));
    for (const NodeId node : nodes) costs.expect_cost(region_at(folded, node));
  }
  std::string text;
  std::vector<NodeId> gaining;
  for (const auto& [fold, folded, nodes] : trials) {
    const double norm = cost(graph, {fold.norm}, costs), within = cost(folded, nodes, costs);
    const double behind = cost(graph, fold.products, costs) + cost(graph, fold.others, costs);
    const bool gains = within < norm + behind;
    text += fmt::format("{}: {:.1f} us and {:.1f} us of what reads it, {:.1f} us within that; {}\n",
                        graph.node(fold.norm).name, norm, behind, within, gains ? "folded" : "left");
    if (gains) gaining.push_back(fold.norm);
  }
  if (text.empty()) return text;
  for (const NodeId norm : gaining)
    if (const auto fold = find_fold(graph, norm)) apply(graph, *fold);
  graph.compact();
  verify(graph);
  return "layer normalizations and what reads them:\n" + text;
}

}  // namespace tn
