// SPDX-License-Identifier: Apache-2.0
#include "tuning/batch_split.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "ir/infer_context.h"
#include "ir/patch.h"
#include "ops/control/batch_loop.h"
#include "ops/shape/shape.h"

namespace tn {
namespace {

bool is_shape_value(const Graph& graph, TensorId id) {
  const Node* producer = graph.producer(id);
  return producer && producer->op->name() == ops::ShapeValue::kName;
}

OpPtr with_batch(const OpPtr& op, const Dim& batch, const Dim& size) {
  const auto* shape = dynamic_cast<const ops::ShapeValue*>(op.get());
  if (!shape) return op;
  Dims elements;
  for (const std::string& text : shape->dims) {
    elements.push_back(Dim::parse(text).substitute(
        [&](const std::string& symbol) { return symbol == batch.to_string() ? std::optional(size) : std::nullopt; }));
  }
  return std::make_shared<ops::ShapeValue>(elements, shape->scalar, shape->type);
}

/// Nodes of a graph once more, with another batch.
class Copy {
 public:
  Copy(const Graph& from, const Dim& batch, Dim size) : from_(from), batch_(batch), size_(std::move(size)) {}

  /// `sliced`: its first extent is the batch.
  void add_input(TensorId id, bool sliced) {
    TensorType type = from_.tensor(id).type;
    if (sliced) type.dims[0] = size_;
    map_[id] = graph.add_input(from_.tensor(id).name, std::move(type));
  }

  /// Throws Error(InvalidModel) where a type rule does not hold with the other batch.
  NodeId add_node(NodeId id) {
    const Node& node = from_.node(id);
    std::vector<TensorId> inputs;
    for (const TensorId input : node.inputs) inputs.push_back(operand(input));
    std::vector<Graph> bodies = node.bodies;
    for (Graph& body : bodies) {
      std::vector<BodyInput> types;
      for (const TensorId input : inputs) types.push_back({graph.tensor(input).type, graph.tensor(input).value});
      body.set_body_inputs(types);
    }
    std::vector<std::string> names;
    for (const TensorId output : node.outputs) names.push_back(from_.tensor(output).name);
    const auto outputs =
        graph.add_node(node.name, with_batch(node.op, batch_, size_), std::move(inputs), std::move(bodies), names);
    for (size_t i = 0; i < outputs.size(); ++i) map_[node.outputs[i]] = outputs[i];
    return graph.tensor(outputs[0]).producer;
  }

  bool has(TensorId id) const { return map_.contains(id); }
  TensorId at(TensorId id) const { return map_.at(id); }

  Graph graph;

 private:
  // Constants and what the shape program computes are copied where they are read.
  TensorId operand(TensorId id) {
    if (id == kNone || has(id)) return id == kNone ? kNone : at(id);
    const Tensor& tensor = from_.tensor(id);
    if (!tensor.constant) {
      internal_check(is_shape_value(from_, id), "'{}' is missing in a loop over the batch", tensor.name);
      add_node(tensor.producer);
      return at(id);
    }
    return map_[id] = graph.add_constant(tensor.name, tensor.constant);
  }

  const Graph& from_;
  Dim batch_, size_;
  std::map<TensorId, TensorId> map_;
};

enum class Batch : uint8_t { None, First, Elsewhere };

Batch batch_of(const Graph& graph, TensorId id, const std::string& batch) {
  Batch found = Batch::None;
  const Dims& dims = graph.tensor(id).type.dims;
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    const auto symbols = dims[axis].symbols();
    if (std::ranges::find(symbols, batch) == symbols.end()) continue;
    if (axis > 0 || !(dims[axis] == Dim::symbol(batch))) return Batch::Elsewhere;
    found = Batch::First;
  }
  return found;
}

// Whether no image of a result depends on another image.
bool keeps_images_apart(const Graph& graph, NodeId id, const std::string& batch) {
  const Node& node = graph.node(id);
  bool any = false, all = true;
  for (const TensorId input : node.inputs) {
    const Batch of = input == kNone ? Batch::None : batch_of(graph, input, batch);
    if (of == Batch::Elsewhere) return false;
    any = any || of == Batch::First;
  }
  for (const TensorId output : node.outputs) {
    const Batch of = batch_of(graph, output, batch);
    if (of == Batch::Elsewhere) return false;
    any = any || of == Batch::First;
    all = all && of == Batch::First;
  }
  if (!any || !all) return !any;
  if (node.op->name() != "Region")
    return node.op->splits_batch(GraphInferContext(graph, node, "", nullptr), Dim::symbol(batch));
  const Graph& body = node.bodies[0];
  return std::ranges::all_of(body.order(), [&](NodeId inner) { return keeps_images_apart(body, inner, batch); });
}

std::optional<Dim> batch_of_inputs(const Graph& graph) {
  for (const TensorId id : graph.inputs()) {
    const Dims& dims = graph.tensor(id).type.dims;
    if (dims.empty()) continue;
    const auto symbols = dims[0].symbols();
    const bool symbol = symbols.size() == 1 && dims[0] == Dim::symbol(symbols[0]);
    if (symbol || dims[0].constant().value_or(1) > 1) return dims[0];
  }
  return std::nullopt;
}

bool begins_with(const Graph& graph, TensorId id, const Dim& batch) {
  const Dims& dims = graph.tensor(id).type.dims;
  return !dims.empty() && dims[0] == batch;
}

// A tensor from before the loop of which every iteration takes its image. A number may equal the batch by chance, so
// that where the batch is one only the network's inputs are taken for batches.
bool is_sliced(const Graph& graph, TensorId id, const Dim& batch) {
  return begins_with(graph, id, batch) && (!batch.is_constant() || graph.is_input(id));
}

/// Grows the list of nodes, checking each with the batch as a symbol and with a batch of one.
class Finder {
 public:
  Finder(const Graph& graph, const Dim& batch)
      : graph_(graph),
        batch_(batch),
        symbol_(batch.is_constant() ? "~batch" : batch.to_string()),
        symbolic_(graph, batch, Dim::symbol(symbol_)),
        single_(graph, batch, 1) {}

  std::vector<NodeId> run() {
    for (const TensorId id : graph_.inputs()) {
      if (is_sliced(graph_, id, batch_)) images_.insert(id);
      add_input(id);
    }
    std::vector<NodeId> nodes;
    for (const NodeId id : graph_.order()) {
      const Node& node = graph_.node(id);
      const auto in = [&](const std::set<TensorId>& set) {
        return std::ranges::any_of(node.inputs, [&](TensorId input) { return set.contains(input); });
      };
      if (!in(later_) && !in(images_)) {
        if (node.op->name() == ops::ShapeValue::kName) continue;
        for (const TensorId output : node.outputs) add_input(output);
      } else if (!in(later_) && add(node, id)) {
        images_.insert(node.outputs.begin(), node.outputs.end());
        nodes.push_back(id);
      } else {
        later_.insert(node.outputs.begin(), node.outputs.end());
      }
    }
    return nodes;
  }

 private:
  void add_input(TensorId id) {
    const bool sliced = is_sliced(graph_, id, batch_);
    symbolic_.add_input(id, sliced);
    single_.add_input(id, sliced);
  }

  bool add(const Node& node, NodeId id) {
    if (!node.bodies.empty() && node.op->name() != "Region") return false;
    try {
      if (!keeps_images_apart(symbolic_.graph, symbolic_.add_node(id), symbol_)) return false;
      single_.add_node(id);
    } catch (const Error&) {
      return false;  // the node is written for one size of batch
    }
    return std::ranges::all_of(node.outputs, [&](TensorId output) {
      Dims dims = graph_.tensor(output).type.dims;
      // The plan has one axis more for the images.
      if (!begins_with(graph_, output, batch_) || std::ssize(dims) >= kMaxRank) return false;
      dims[0] = 1;
      return single_.graph.tensor(single_.at(output)).type.dims == dims;
    });
  }

  const Graph& graph_;
  const Dim& batch_;
  std::string symbol_;
  Copy symbolic_, single_;
  std::set<TensorId> images_, later_;
};

}  // namespace

std::optional<SplittableNodes> find_splittable(const Graph& graph) {
  const auto batch = batch_of_inputs(graph);
  if (!batch) return std::nullopt;
  SplittableNodes found{*batch, Finder(graph, *batch).run()};
  return found.nodes.empty() ? std::nullopt : std::optional(std::move(found));
}

Graph split_batch(const Graph& graph, const SplittableNodes& found, size_t count) {
  const std::set<NodeId> inside(found.nodes.begin(), found.nodes.begin() + static_cast<std::ptrdiff_t>(count));
  std::vector<TensorId> sliced, captured, results;
  std::set<TensorId> seen;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    for (const TensorId input : node.inputs) {
      if (input == kNone || graph.tensor(input).constant || is_shape_value(graph, input)) continue;
      const bool made_inside = inside.contains(graph.tensor(input).producer);
      if (made_inside == inside.contains(id) || !seen.insert(input).second) continue;
      if (made_inside)
        results.push_back(input);
      else
        (is_sliced(graph, input, found.batch) ? sliced : captured).push_back(input);
    }
  }
  for (const TensorId id : graph.outputs()) {
    if (inside.contains(graph.tensor(id).producer) && seen.insert(id).second) results.push_back(id);
  }
  Copy body(graph, found.batch, 1);
  for (const TensorId id : sliced) body.add_input(id, true);
  for (const TensorId id : captured) body.add_input(id, false);
  for (size_t i = 0; i < count; ++i) body.add_node(found.nodes[i]);
  std::vector<TensorId> outputs;
  for (const TensorId id : results) outputs.push_back(body.at(id));
  body.graph.set_outputs(outputs);
  body.graph.name = "image";

  Graph split = graph;
  Patch patch(split);
  std::vector<TensorId> inputs = sliced;
  inputs.insert(inputs.end(), captured.begin(), captured.end());
  const auto made = patch.add_node("batch loop", std::make_shared<ops::BatchLoop>(std::ssize(sliced)), inputs,
                                   {std::move(body.graph)});
  for (size_t i = 0; i < results.size(); ++i) patch.replace(results[i], made[i]);
  internal_check(patch.apply(), "'{}' cannot be split", graph.name);
  for (const NodeId id : inside) split.remove_node(id);
  const auto readers = split.all_consumers();
  for (const NodeId id : split.order()) {
    const Node& node = split.node(id);
    if (node.op->name() != ops::ShapeValue::kName || split.is_output(node.outputs[0])) continue;
    if (readers[static_cast<size_t>(node.outputs[0])].empty()) split.remove_node(id);
  }
  split.compact();
  return split;
}

const Graph& image_graph(const Graph& split) {
  for (const NodeId id : split.order()) {
    if (split.node(id).op->name() == ops::BatchLoop::kName) return split.node(id).bodies[0];
  }
  throw Error(ErrorCode::Internal, "internal error: graph '{}' has no loop over its batch", split.name);
}

}  // namespace tn
