// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "ir/graph.h"

namespace tn {

/// A proposed edit of a graph: new nodes and constants, and tensors to be replaced by others of the same type. A rule
/// builds a patch and returns it; nothing changes until apply(). What a patch makes unused is removed by dead-node
/// elimination.
class Patch {
 public:
  /// `graph` receives the new nodes when the patch is applied and must not change before that.
  explicit Patch(Graph& graph) : graph_(&graph), first_tensor_(graph.tensor_count()), first_node_(graph.node_count()) {}
  Patch(Patch&& other) noexcept;
  Patch& operator=(Patch&&) = delete;
  /// Drops what was added unless the patch was applied.
  ~Patch();

  TensorId constant(std::string name, ConstantPtr data) {
    return graph_->add_constant(std::move(name), std::move(data));
  }
  TensorId add(std::string name, OpPtr op, std::vector<TensorId> inputs) {
    return graph_->add(std::move(name), std::move(op), std::move(inputs));
  }
  std::vector<TensorId> add_node(std::string name, OpPtr op, std::vector<TensorId> inputs,
                                 std::vector<Graph> bodies = {}) {
    return graph_->add_node(std::move(name), std::move(op), std::move(inputs), std::move(bodies));
  }
  /// Readers of `old` will read `by`. A new tensor inherits the name, and any replacement that of a graph output.
  void replace(TensorId old, TensorId by) { replacements_.emplace_back(old, by); }

  /// Checks that every replacement keeps the type and that no graph output becomes an input or a constant, then edits
  /// the graph. Returns false and leaves the graph as it was if the second holds. A changed type throws
  /// Error(Internal).
  bool apply();

  const Graph& graph() const { return *graph_; }
  /// The new nodes are those from this one on.
  size_t first_node() const { return first_node_; }
  const std::vector<std::pair<TensorId, TensorId>>& replacements() const { return replacements_; }

 private:
  void roll_back();
  Graph* graph_;
  size_t first_tensor_, first_node_;
  std::vector<std::pair<TensorId, TensorId>> replacements_;
};

}  // namespace tn
