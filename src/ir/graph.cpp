// SPDX-License-Identifier: Apache-2.0
#include "ir/graph.h"

#include <algorithm>

#include "base/error.h"
#include "ir/infer_context.h"

namespace tn {

Graph::Graph() = default;
Graph::Graph(const Graph&) = default;
Graph::Graph(Graph&&) noexcept = default;
Graph& Graph::operator=(const Graph&) = default;
Graph& Graph::operator=(Graph&&) noexcept = default;
Graph::~Graph() = default;

std::optional<Shape> TensorType::static_shape() const {
  Shape shape;
  for (const auto& dim : dims) {
    if (!dim.is_constant()) return std::nullopt;
    shape.push_back(*dim.constant());
  }
  return shape;
}

namespace {

// Whatever a file or a type rule says, extents are not negative, and those that are known do not multiply to more bytes
// than any machine has: products of them cannot overflow behind this.
void check_extents(const TensorType& type) {
  constexpr int64_t kMostBytes = int64_t{1} << 46;
  int64_t bytes = static_cast<int64_t>(size_of(type.type));
  for (const Dim& dim : type.dims) {
    const int64_t extent = dim.constant().value_or(1);
    model_check(extent >= 0 && (extent == 0 || bytes <= kMostBytes / extent),
                "a tensor of {} is impossible, or larger than any memory", to_string(type));
    bytes *= std::max<int64_t>(extent, 1);
  }
}

}  // namespace

std::string to_string(const TensorType& type) {
  return std::string(name_of(type.type)) + to_string(type.dims);
}

bool Op::splits_batch(const InferContext&, const Dim&) const {
  return false;
}

std::optional<Dims> Op::value(const InferContext&) const {
  return std::nullopt;
}
std::vector<BodyInput> Op::body_inputs(const InferContext&, size_t) const {
  return {};
}

std::string describe(const Node& node) {
  return fmt::format("node '{}' ({})", node.name, node.op->name());
}

std::string Graph::unique_tensor_name(std::string wanted) {
  if (wanted.empty()) wanted = "t";
  int& used = names_[wanted];
  if (used++ == 0) return wanted;
  for (;;) {
    std::string candidate = fmt::format("{}#{}", wanted, used);
    if (names_.emplace(candidate, 1).second) return candidate;
    ++used;
  }
}

TensorId Graph::add_input(std::string tensor_name, TensorType type) {
  check_extents(type);
  const auto id = static_cast<TensorId>(tensors_.size());
  tensors_.push_back({unique_tensor_name(std::move(tensor_name)), std::move(type), kNone, nullptr, std::nullopt});
  inputs_.push_back(id);
  return id;
}

namespace {

std::optional<Dims> value_of_constant(const Constant& constant) {
  constexpr int64_t kLargestValue = 1024;
  const bool index_like =
      constant.type() == DataType::I64 || constant.type() == DataType::I32 || constant.type() == DataType::Bool;
  if (!index_like || constant.elements() > kLargestValue) return std::nullopt;
  const auto integers = constant.integers();
  return Dims(integers.begin(), integers.end());
}

}  // namespace

TensorId Graph::add_constant(std::string tensor_name, ConstantPtr constant) {
  const auto id = static_cast<TensorId>(tensors_.size());
  TensorType type{constant->type(), Dims(constant->dims().begin(), constant->dims().end())};
  auto value = value_of_constant(*constant);
  tensors_.push_back(
      {unique_tensor_name(std::move(tensor_name)), std::move(type), kNone, std::move(constant), std::move(value)});
  return id;
}

std::vector<TensorId> Graph::add_node(std::string node_name, OpPtr op, std::vector<TensorId> inputs,
                                      std::vector<Graph> bodies, std::vector<std::string> output_names) {
  while (!inputs.empty() && inputs.back() == kNone) inputs.pop_back();
  for (const TensorId input : inputs) {
    internal_check(input >= kNone && input < static_cast<TensorId>(tensors_.size()), "tensor id {} out of range",
                   input);
  }
  const auto id = static_cast<NodeId>(nodes_.size());
  nodes_.push_back({std::move(node_name), std::move(op), std::move(inputs), {}, std::move(bodies), true});
  Node& node = nodes_.back();
  std::vector<TensorType> types;
  try {
    types =
        node.op->infer(GraphInferContext(*this, node, output_names.empty() ? node.name : output_names[0], &unknowns_));
    for (const TensorType& type : types) check_extents(type);
  } catch (const Error& error) {
    const Error named = error.within(describe(node));
    nodes_.pop_back();
    throw named;
  }
  for (size_t i = 0; i < types.size(); ++i) {
    std::string wanted = i < output_names.size() ? output_names[i] : "";
    if (wanted.empty()) wanted = i == 0 ? node.name : fmt::format("{}:{}", node.name, i);
    node.outputs.push_back(static_cast<TensorId>(tensors_.size()));
    tensors_.push_back({unique_tensor_name(std::move(wanted)), std::move(types[i]), id, nullptr, std::nullopt});
  }
  if (!node.outputs.empty()) {
    auto value = node.op->value(GraphInferContext(*this, node, "", nullptr));
    edit_tensor(node.outputs[0]).value = std::move(value);
  }
  return node.outputs;
}

TensorId Graph::add(std::string node_name, OpPtr op, std::vector<TensorId> inputs) {
  const auto outputs = add_node(std::move(node_name), std::move(op), std::move(inputs));
  internal_check(outputs.size() == 1, "a node with {} outputs where one was expected", outputs.size());
  return outputs[0];
}

std::vector<NodeId> Graph::order() const {
  std::vector<int> missing(nodes_.size(), 0);
  std::vector<std::vector<NodeId>> readers(nodes_.size());
  std::vector<NodeId> ready, order;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (!nodes_[i].alive) continue;
    for (const TensorId input : nodes_[i].inputs) {
      if (input == kNone || tensor(input).producer == kNone) continue;
      ++missing[i];
      readers[static_cast<size_t>(tensor(input).producer)].push_back(static_cast<NodeId>(i));
    }
    if (missing[i] == 0) ready.push_back(static_cast<NodeId>(i));
  }
  // Depth first along the ids keeps producers close to their readers and the order stable.
  std::make_heap(ready.begin(), ready.end(), std::greater<>());
  while (!ready.empty()) {
    std::pop_heap(ready.begin(), ready.end(), std::greater<>());
    const NodeId id = ready.back();
    ready.pop_back();
    order.push_back(id);
    for (const NodeId reader : readers[static_cast<size_t>(id)]) {
      if (--missing[static_cast<size_t>(reader)] != 0) continue;
      ready.push_back(reader);
      std::push_heap(ready.begin(), ready.end(), std::greater<>());
    }
  }
  return order;
}

std::vector<std::vector<NodeId>> Graph::all_consumers() const {
  std::vector<std::vector<NodeId>> result(tensors_.size());
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (!nodes_[i].alive) continue;
    for (const TensorId input : nodes_[i].inputs) {
      if (input != kNone) result[static_cast<size_t>(input)].push_back(static_cast<NodeId>(i));
    }
  }
  return result;
}

std::vector<NodeId> Graph::consumers(TensorId id) const {
  std::vector<NodeId> result;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (!nodes_[i].alive) continue;
    for (const TensorId input : nodes_[i].inputs) {
      if (input == id) result.push_back(static_cast<NodeId>(i));
    }
  }
  return result;
}

bool Graph::is_output(TensorId id) const {
  return std::find(outputs_.begin(), outputs_.end(), id) != outputs_.end();
}
bool Graph::is_input(TensorId id) const {
  return std::find(inputs_.begin(), inputs_.end(), id) != inputs_.end();
}

const Node* Graph::producer(TensorId id) const {
  const NodeId node_id = tensor(id).producer;
  return node_id == kNone ? nullptr : &node(node_id);
}

void Graph::redirect(TensorId from, TensorId to, size_t end) {
  for (size_t i = 0; i < std::min(end, nodes_.size()); ++i) {
    if (nodes_[i].alive) std::replace(nodes_[i].inputs.begin(), nodes_[i].inputs.end(), from, to);
  }
  std::replace(outputs_.begin(), outputs_.end(), from, to);
}

void Graph::rename(TensorId id, std::string wanted) {
  names_.erase(tensor(id).name);
  edit_tensor(id).name = unique_tensor_name(std::move(wanted));
  const NodeId producer = tensor(id).producer;
  if (unknowns_.empty() || producer == kNone || node(producer).outputs[0] != id) return;
  // Extents that only running tells are named after the first result of their node.
  const TensorType before = tensor(id).type;
  infer_node(producer);
  if (!(tensor(id).type == before)) infer_all();
}

void Graph::remove_node(NodeId id) {
  Node& node = edit_node(id);
  node.alive = false;
  node.bodies.clear();
}

void Graph::infer_node(NodeId id) {
  Node& node = edit_node(id);
  std::vector<TensorType> types;
  try {
    const std::string label = node.outputs.empty() ? node.name : tensor(node.outputs[0]).name;
    const GraphInferContext context(*this, node, label, &unknowns_);
    for (size_t i = 0; i < node.bodies.size(); ++i) node.bodies[i].set_body_inputs(node.op->body_inputs(context, i));
    types = node.op->infer(context);
    for (const TensorType& type : types) check_extents(type);
  } catch (const Error& error) {
    throw error.within(describe(node));
  }
  internal_check(types.size() == node.outputs.size(), "{}: {} outputs became {}", describe(node), node.outputs.size(),
                 types.size());
  for (size_t i = 0; i < types.size(); ++i) edit_tensor(node.outputs[i]).type = std::move(types[i]);
  if (!node.outputs.empty()) {
    edit_tensor(node.outputs[0]).value = node.op->value(GraphInferContext(*this, node, "", nullptr));
  }
}

void Graph::set_body_inputs(std::span<const BodyInput> inputs) {
  internal_check(inputs.size() == inputs_.size(), "graph '{}' has {} inputs, {} are given", name, inputs_.size(),
                 inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    edit_tensor(inputs_[i]).type = inputs[i].type;
    edit_tensor(inputs_[i]).value = inputs[i].value;
  }
  infer_all();
}

void Graph::infer_all() {
  for (const NodeId id : order()) infer_node(id);
}

void Graph::compact() {
  Graph fresh;
  fresh.name = name;
  fresh.unknowns_ = unknowns_;
  std::vector<TensorId> map(tensors_.size(), kNone);
  const auto move_tensor = [&](TensorId id) {
    map[static_cast<size_t>(id)] = static_cast<TensorId>(fresh.tensors_.size());
    fresh.names_.emplace(tensors_[static_cast<size_t>(id)].name, 1);
    fresh.tensors_.push_back(std::move(tensors_[static_cast<size_t>(id)]));
    return map[static_cast<size_t>(id)];
  };
  const auto use = [&](TensorId id) {
    if (id == kNone) return kNone;
    return map[static_cast<size_t>(id)] != kNone ? map[static_cast<size_t>(id)] : move_tensor(id);
  };
  const auto sequence = order();
  for (const TensorId id : inputs_) fresh.inputs_.push_back(move_tensor(id));
  for (const NodeId id : sequence) {
    Node node = std::move(nodes_[static_cast<size_t>(id)]);
    for (auto& input : node.inputs) input = use(input);
    for (auto& output : node.outputs) {
      output = move_tensor(output);
      fresh.tensors_[static_cast<size_t>(output)].producer = static_cast<NodeId>(fresh.nodes_.size());
    }
    fresh.nodes_.push_back(std::move(node));
  }
  for (const TensorId id : outputs_) fresh.outputs_.push_back(use(id));
  *this = std::move(fresh);
}

}  // namespace tn
