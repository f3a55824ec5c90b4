// SPDX-License-Identifier: Apache-2.0
#include "import/onnx/folder.h"

#include <algorithm>

namespace tn::import {
namespace {

constexpr int64_t kMostElements = 4096;
constexpr int kMostNodes = 256;  ///< of a chain: the search is recursive

bool is_small(const TensorType& type) {
  const auto shape = type.static_shape();
  return shape && shape->elements() <= kMostElements;
}

// Elements that are known as extents.
ConstantPtr constant_of(const Tensor& tensor) {
  const auto shape = tensor.type.static_shape();
  if (!tensor.value || is_float(tensor.type.type) || !std::ranges::all_of(*tensor.value, &Dim::is_constant) ||
      shape->elements() != static_cast<int64_t>(tensor.value->size()))
    return nullptr;
  return Constant::make(tensor.type.type, *shape, [&](const TensorView& view) {
    for (size_t i = 0; i < tensor.value->size(); ++i)
      store_int64(view, static_cast<int64_t>(i), *(*tensor.value)[i].constant());
  });
}

}  // namespace

TensorId Folder::folded(Graph& graph, TensorId id) {
  const Tensor& tensor = graph.tensor(id);
  if (tensor.constant || is_float(tensor.type.type)) return id;
  const ConstantPtr value = value_of(graph, id, 0);
  return value ? graph.add_constant(tensor.name, value) : id;
}

ConstantPtr Folder::value_of(const Graph& graph, TensorId id, int depth) {
  const Tensor& tensor = graph.tensor(id);
  if (!is_small(tensor.type)) return nullptr;
  if (tensor.constant) return tensor.constant;
  if (const auto found = known_.find(id); found != known_.end()) return found->second;
  if (depth == kMostNodes) return nullptr;
  ConstantPtr value = constant_of(tensor);
  if (!value) value = compute(graph, id, depth);
  return known_[id] = value;
}

ConstantPtr Folder::compute(const Graph& graph, TensorId id, int depth) {
  const Node* node = graph.producer(id);
  if (!node || !operators_.evaluate || !node->op->deterministic() || node->inputs.empty()) return nullptr;
  std::vector<ConstantPtr> inputs;
  for (const TensorId input : node->inputs) {
    inputs.push_back(input == kNone ? nullptr : value_of(graph, input, depth + 1));
    if (input != kNone && !inputs.back()) return nullptr;
  }
  try {
    const auto results = operators_.evaluate(*node, inputs);
    return results[static_cast<size_t>(std::ranges::find(node->outputs, id) - node->outputs.begin())];
  } catch (const Error&) {
    return nullptr;  // an index out of range, say: building or running the node says so
  }
}

}  // namespace tn::import
