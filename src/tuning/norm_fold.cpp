// SPDX-License-Identifier: Apache-2.0
#include "tuning/norm_fold.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/error.h"
#include "ops/control/region.h"
#include "ops/entry.h"
#include "ops/matmul/matmul.h"
#include "ops/matmul/normalized_matmul.h"
#include "ops/norm/norm.h"
#include "ops/norm/row_moments.h"
#include "ops/rules.h"

namespace tn {

Region region_at(const Graph& graph, NodeId id) {
  auto region = region_of(graph, graph.node(id));
  internal_check(region.has_value(), "{} is no region", describe(graph.node(id)));
  return *std::move(region);
}

namespace {

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

// The f32 that a region stores as its first output.
TensorId stored(const Graph& body) {
  const TensorId output = body.outputs()[0];
  const Node* cast = body.producer(output);
  const bool narrows = cast && cast->op->name() == "Cast";
  return narrows && body.tensor(cast->inputs[0]).type.type == DataType::F32 ? cast->inputs[0] : output;
}

// Makes readers of a node's outputs read those that take their place, under their names.
void take_over(Graph& graph, const Node& old, const std::vector<TensorId>& outputs, size_t end) {
  for (size_t i = 0; i < old.outputs.size(); ++i) {
    const std::string name = graph.tensor(old.outputs[i]).name;
    graph.redirect(old.outputs[i], outputs[i], end);
    graph.rename(old.outputs[i], name + "/apart");
    graph.rename(outputs[i], name);
  }
}

// Returns the moments.
TensorId give_moments(Graph& graph, NodeId id) {
  const Node node = graph.node(id);
  std::vector<Graph> bodies = node.bodies;
  Graph& body = bodies[0];
  std::vector<TensorId> results = body.outputs();
  results.push_back(body.add(node.name + "/moments", std::make_shared<ops::RowMoments>(), {stored(body)}));
  body.set_outputs(std::move(results));
  const size_t end = graph.node_count();
  const auto outputs = graph.add_node(node.name, node.op, node.inputs, std::move(bodies));
  take_over(graph, node, outputs, end);
  graph.remove_node(id);
  return outputs.back();
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

}  // namespace

NodeId giver_of(const Graph& graph, NodeId norm) {
  const TensorId rows = graph.node(norm).inputs[0];
  const Node* node = graph.producer(rows);
  if (!node || node->op->name() != ops::Region::kName || node->outputs[0] != rows || graph.is_output(rows))
    return kNone;
  const auto region = region_of(graph, *node);
  const bool product = region && (dynamic_cast<const ops::MatMul*>(region->anchor) ||
                                  dynamic_cast<const ops::NormalizedMatMul*>(region->anchor));
  const bool plain = product && region->moments == 0 && node->outputs.size() == region->anchor_results.size();
  const auto columns = graph.tensor(rows).type.dims.back().constant();
  const bool groups = columns && *columns % ops::RowMoments().group == 0;
  const bool wide = plain && node->bodies[0].tensor(stored(node->bodies[0])).type.type == DataType::F32;
  return wide && groups ? graph.tensor(rows).producer : kNone;
}

std::optional<NormFold> find_norm_fold(const Graph& graph, NodeId id) {
  const auto norm = region_of(graph, graph.node(id));
  if (!norm || !is_row_norm(graph, *norm)) return std::nullopt;
  NormFold fold{id, {}, {}};
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

namespace {

/// Puts what a normalization does into its readers.
class Folding {
 public:
  /// `moments` of the rows, or kNone.
  Folding(Graph& graph, NodeId norm, TensorId moments)
      : graph_(graph), norm_(region_at(graph, norm)), node_(graph.node(norm)) {
    for (size_t i = 1; i < norm_.anchor_inputs.size(); ++i)
      if (norm_.has_input(norm_.anchor_inputs[i])) parameters_.push_back(outer(i));
    terms_ = parameters_;
    if (moments == kNone) return;
    terms_.resize(ops::NormalizedMatMul::kMoments - 2, kNone);
    terms_.push_back(moments);
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
    const bool bare = node.op.get() == region.anchor;
    std::ranges::copy_if(terms_, std::back_inserter(inputs), [&](TensorId term) { return bare || term != kNone; });
    std::vector<Graph> bodies = node.bodies;
    if (!bare) replace_anchor(bodies[0], *region.anchor, op);
    const size_t end = graph_.node_count();
    const auto outputs = graph_.add_node(node.name, bare ? op : node.op, inputs, std::move(bodies));
    take_over(graph_, node, outputs, end);
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
    for (const TensorId term : terms_)
      inside.push_back(term == kNone ? kNone : body.add_input(graph_.tensor(term).name, graph_.tensor(term).type));
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
  std::vector<TensorId> terms_;       ///< these and, if they are given, moments, as products take them
  std::vector<TensorId> of_rows_;     ///< factors and shifts of rows, where a product gives them
};

}  // namespace

std::vector<NodeId> apply_norm_fold(Graph& graph, const NormFold& fold) {
  std::vector<NodeId> nodes;
  TensorId moments = kNone;
  if (fold.giver != kNone) {
    moments = give_moments(graph, fold.giver);
    nodes.push_back(graph.tensor(moments).producer);
  }
  Folding folding(graph, fold.norm, moments);
  for (const NodeId product : fold.products)
    nodes.push_back(folding.fold_product(product, product == fold.products[0] && !fold.others.empty()));
  for (const NodeId other : fold.others) {
    folding.fold_elements(other);
    nodes.push_back(other);
  }
  graph.remove_node(fold.norm);
  return nodes;
}

}  // namespace tn
